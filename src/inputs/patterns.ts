/** One step of a pattern: a name as it stands, names that match, or `**`: any number of folders. */
export type Step = { name: string } | { matches: RegExp } | 'any';

/** A path or glob of the option `inputs`, in steps from the project's folder. */
export interface InputPattern {
  /** As the author wrote it. */
  text: string;
  /** From the project's folder. */
  path: string;
  steps: Step[];
}

export type InputPatterns = { ok: true; include: InputPattern[]; exclude: RegExp[] } | { ok: false; message: string };

/** Most patterns that braces may come to. */
const most = 1000;

/**
 * Reads the option `inputs` of a node (EXPL-02): paths and globs from the project's folder, with `*`, `?`, `[…]`, `{a,b}` and `**`. One that
 * begins with `!` takes files out again, wherever it stands.
 *
 * @param roots names of the project's folder; an absolute path inside it is taken as a relative one
 */
export function readPatterns(texts: readonly string[], roots: readonly string[]): InputPatterns {
  const include: InputPattern[] = [];
  const exclude: RegExp[] = [];
  for (const text of texts) {
    const isOut = text.startsWith('!');
    const path = relativePath(isOut ? text.slice(1) : text, roots);
    const variants = path === undefined || path.includes('\0') ? [] : expandBraces(path);
    if (path === undefined || variants.some((one) => namesOf(one).includes('..')))
      return { ok: false, message: `${JSON.stringify(text)} lies outside of the project; expected a path or glob from its folder` };
    if (variants.length === 0 || include.length + variants.length > most)
      return { ok: false, message: `${JSON.stringify(text.slice(0, 200))} is no path or glob, or its braces come to more than ${most}` };
    for (const variant of variants) {
      if (isOut) exclude.push(pathMatcher(stepsOf(variant)));
      else include.push({ text, path: namesOf(variant).join('/'), steps: stepsOf(variant) });
    }
  }
  if (texts.length > 0 && include.length === 0) return { ok: false, message: 'all patterns begin with "!"; expected at least one that names files' };
  return { ok: true, include, exclude };
}

/** Whether a path, or a folder that it lies in, was taken out by a pattern with `!`. */
export function isExcluded(path: string, exclude: readonly RegExp[]): boolean {
  if (exclude.length === 0) return false;
  for (let end = path.indexOf('/'); ; end = path.indexOf('/', end + 1)) {
    const part = end < 0 ? path : path.slice(0, end);
    if (exclude.some((one) => one.test(part))) return true;
    if (end < 0) return false;
  }
}

/** Whether steps are names alone. */
export function isLiteral(steps: readonly Step[]): boolean {
  return steps.every((step) => step !== 'any' && 'name' in step);
}

/** The steps of a path of which nothing is a wildcard. */
export function literalSteps(path: string): Step[] {
  return namesOf(path).map((name) => ({ name }));
}

// Undefined when it leads out of the project.
function relativePath(text: string, roots: readonly string[]): string | undefined {
  const root = roots.find((one) => text === one || text.startsWith(`${one}/`));
  const inside = root === undefined ? text : text.slice(root.length + 1) || '.';
  return inside.startsWith('/') || inside.trim() === '' ? undefined : inside;
}

function namesOf(path: string): string[] {
  return path.split('/').filter((name) => name !== '' && name !== '.');
}

function stepsOf(path: string): Step[] {
  const steps: Step[] = [];
  for (const name of namesOf(path)) {
    if (name !== '**') steps.push(/[*?[]/.test(name) ? { matches: new RegExp(`^${nameSource(name)}$`, 'su') } : { name });
    else if (steps.at(-1) !== 'any') steps.push('any');
  }
  return steps;
}

// `*` and `?` stand for letters of one name; names that begin with a dot are names like others.
function nameSource(name: string): string {
  return name.replace(/\*+|\?|\[(!?)([^\]]+)\]|[^*?[]+|\[/gsu, (part, not: string | undefined, set: string | undefined) => {
    if (part.startsWith('*')) return '[^/]*';
    if (part === '?') return '[^/]';
    if (set !== undefined && isSet(set)) return `[${not ? '^' : ''}${set.replace(/[\\^[\]]/g, '\\$&')}]`;
    return escape(part);
  });
}

// Letters and ranges; one whose end comes before its begin makes no set.
function isSet(text: string): boolean {
  return [...text.matchAll(/([^])-([^])/gu)].every(([, low = '', high = '']) => (low.codePointAt(0) ?? 0) <= (high.codePointAt(0) ?? 0));
}

// `dir/**` takes the folder out as a whole.
function pathMatcher(steps: readonly Step[]): RegExp {
  const own = steps.length > 1 && steps.at(-1) === 'any' ? steps.slice(0, -1) : steps;
  const sources = own.map((step, n) => {
    const isLast = n === own.length - 1;
    if (step === 'any') return isLast ? '.*' : '(?:[^/]+/)*';
    return `${'name' in step ? escape(step.name) : step.matches.source.slice(1, -1)}${isLast ? '' : '/'}`;
  });
  return new RegExp(`^${sources.join('')}$`, 'su');
}

function escape(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

// Braces without a comma, or without an end, stand for themselves.
function expandBraces(text: string): string[] {
  let found = [text];
  for (let again = true; again;) {
    again = false;
    found = found.flatMap((one) => {
      const braces = /\{([^{}]*,[^{}]*)\}/su.exec(one);
      if (!braces) return [one];
      again = true;
      const [whole, inner = ''] = braces;
      return inner.split(',').map((part) => one.slice(0, braces.index) + part + one.slice(braces.index + whole.length));
    });
    if (found.length > most) return [];
  }
  return found;
}
