import type { CompiledScript } from '../../schemas/script.ts';
import { bodyNames } from './names.ts';
import { mapPosition } from './positions.ts';

type Mapped = Pick<CompiledScript, 'inserts' | 'source' | 'path'>;

/**
 * A V8 stack of a compiled script with places in the user's file: `<file>:<line>:<column>`.
 * Frames outside the script are dropped; the error's own text stays.
 *
 * `sourceUrl` is the name the interpreter gave the compiled code, `wrapperLines` the number of its lines before the body.
 */
export function mapStack(script: Mapped, stack: string, sourceUrl: string, wrapperLines: number): string {
  const firstFrame = /^ {4}at /m.exec(stack);
  if (!firstFrame) return stack;
  const frames = stack
    .slice(firstFrame.index)
    .split('\n')
    .map((frame) => mapFrame(script, frame, sourceUrl, wrapperLines));
  return [stack.slice(0, firstFrame.index).trimEnd(), ...frames.filter((frame) => frame !== undefined)].join('\n');
}

function mapFrame(script: Mapped, frame: string, sourceUrl: string, wrapperLines: number): string | undefined {
  const place = Math.max(frame.lastIndexOf(`(${sourceUrl}:`), frame.lastIndexOf(` ${sourceUrl}:`));
  const numbers = /^(\d+):(\d+)\)*$/.exec(place === -1 ? '' : frame.slice(place + sourceUrl.length + 2));
  if (!numbers) return undefined;
  const position = mapPosition(script, Number(numbers[1]), Number(numbers[2]), wrapperLines);
  if (!position) return undefined;
  const where = `${script.path}:${position.line}:${position.column}`;
  const name = functionName(frame);
  return name === undefined ? `    at ${where}` : `    at ${name} (${where})`;
}

// The body's own wrapper functions say nothing to the reader; an anonymous default export is called what the script calls it.
function functionName(frame: string): string | undefined {
  const name = /^ {4}at (.+?) \(/.exec(frame)?.[1]?.replace(bodyNames.entry, 'default');
  return name === undefined || /^(async )?(script|eval|<anonymous>)$/.test(name) ? undefined : name;
}
