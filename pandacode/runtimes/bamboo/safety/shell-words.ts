/** One command of a shell line: its words without quotes, and where its output goes. */
export interface ShellCommand {
  words: string[];
  /** Files that it is redirected to or from. */
  files: string[];
  /** Its output is piped into the next command. */
  pipes: boolean;
  /** It runs in the background. */
  background: boolean;
}

const mostNesting = 8;

/**
 * Splits a shell line into its commands, also those inside `$(…)`, backquotes and brackets. Quotes are respected, comments
 * and the bodies of here-documents left out. No full shell grammar: good enough to recognise what a command does.
 */
export function shellCommands(line: string, depth = 0): ShellCommand[] {
  const commands: ShellCommand[] = [];
  if (depth > mostNesting) return commands;
  const nested = (text: string) => commands.push(...shellCommands(text, depth + 1));
  let current: ShellCommand = { words: [], files: [], pipes: false, background: false };
  let word: string | undefined;
  let redirect = false;
  const heredocs: string[] = [];
  let awaitsHeredoc = false;
  const endWord = () => {
    if (word === undefined) return;
    if (awaitsHeredoc) heredocs.push(word.replace(/^-/, ''));
    else if (redirect) current.files.push(word);
    else current.words.push(word);
    word = undefined;
    redirect = false;
    awaitsHeredoc = false;
  };
  const endCommand = (end: Partial<ShellCommand> = {}) => {
    endWord();
    if (current.words.length > 0 || current.files.length > 0) commands.push({ ...current, ...end });
    current = { words: [], files: [], pipes: false, background: false };
  };
  const text = line.replace(/\\\n/g, '');
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!;
    const next = text[at + 1];
    if (char === '\\') {
      word = (word ?? '') + (next ?? '');
      at++;
    } else if (char === "'") {
      const end = endOf(text, "'", at + 1);
      word = (word ?? '') + text.slice(at + 1, end);
      at = end;
    } else if (char === '"') {
      const end = endOfDouble(text, at + 1);
      const inner = text.slice(at + 1, end);
      for (const part of substitutions(inner)) nested(part);
      word = (word ?? '') + inner.replace(/\\(["\\$`])/g, '$1');
      at = end;
    } else if (char === '$' && next === '(') {
      const end = endOfBracket(text, at + 2);
      nested(text.slice(at + 2, end));
      word = (word ?? '') + text.slice(at, end + 1);
      at = end;
    } else if (char === '`') {
      const end = endOf(text, '`', at + 1);
      nested(text.slice(at + 1, end));
      word = (word ?? '') + text.slice(at, end + 1);
      at = end;
    } else if (char === '#' && word === undefined) {
      const end = text.indexOf('\n', at);
      at = (end < 0 ? text.length : end) - 1;
    } else if (char === '\n') {
      endCommand();
      for (const mark of heredocs.splice(0)) at = afterHeredoc(text, at, mark);
    } else if (char === ';' || char === '(' || char === ')') endCommand();
    else if (char === '{' || char === '}') {
      if (word === undefined && (next === undefined || /[\s;]/.test(next))) endCommand();
      else word = (word ?? '') + char;
    } else if (char === '&') {
      if (next === '>') continue;
      if (next === '&') {
        endCommand();
        at++;
      } else if (redirect && word === undefined) word = '';
      else endCommand({ background: true });
    } else if (char === '|') {
      endCommand({ pipes: next !== '|' });
      if (next === '|' || next === '&') at++;
    } else if (char === '<' || char === '>') {
      if (word !== undefined && /^\d+$/.test(word)) word = undefined;
      endWord();
      if (char === '<' && next === '<' && text[at + 2] !== '<') {
        awaitsHeredoc = true;
        at++;
      } else {
        redirect = true;
        while (text[at + 1] === '>' || text[at + 1] === '<' || text[at + 1] === '|') at++;
        if (text[at + 1] === '(') redirect = false;
      }
    } else if (/\s/.test(char)) endWord();
    else word = (word ?? '') + char;
  }
  endCommand();
  return commands;
}

/** Texts of the substitutions inside double quotes. */
function substitutions(text: string): string[] {
  const found: string[] = [];
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '$' && text[at + 1] === '(') {
      const end = endOfBracket(text, at + 2);
      found.push(text.slice(at + 2, end));
      at = end;
    } else if (text[at] === '`') {
      const end = endOf(text, '`', at + 1);
      found.push(text.slice(at + 1, end));
      at = end;
    }
  }
  return found;
}

function endOf(text: string, mark: string, from: number): number {
  const at = text.indexOf(mark, from);
  return at < 0 ? text.length : at;
}

function endOfDouble(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '"') return at;
    else if (text[at] === '$' && text[at + 1] === '(') at = endOfBracket(text, at + 2);
  }
  return text.length;
}

function endOfBracket(text: string, from: number): number {
  let depth = 1;
  for (let at = from; at < text.length; at++) {
    const char = text[at];
    if (char === '\\') at++;
    else if (char === "'") at = endOf(text, "'", at + 1);
    else if (char === '"') at = endOfDouble(text, at + 1);
    else if (char === '(') depth++;
    else if (char === ')' && --depth === 0) return at;
  }
  return text.length;
}

// The position of the line end after the closing mark.
function afterHeredoc(text: string, from: number, mark: string): number {
  let at = from;
  while (at < text.length) {
    const end = endOf(text, '\n', at + 1);
    const line = text.slice(at + 1, end);
    at = end;
    if (line.replace(/^\t+/, '') === mark) return end;
  }
  return at;
}
