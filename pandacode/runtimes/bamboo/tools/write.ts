import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { writeInside } from '../safety/open-inside.ts';
import { allowedPath } from '../safety/protected-paths.ts';
import { failed, type Arguments, type ToolOutcome, type ToolSurroundings } from './tool.ts';

const longest = 256_000;
const longestChunk = 64_000;

/** Writes a whole file, or appends to it. */
export function write(args: Arguments, { boundary, context }: ToolSurroundings): ToolOutcome {
  const content = args['content'] as string;
  const isAppend = args['append'] === true;
  const at = allowedPath(args['path'] as string, boundary, 'write');
  if ('refused' in at) return failed(at.refused);
  const most = isAppend ? longestChunk : longest;
  if (content.length > most)
    return failed(
      `the content has ${content.length} characters, more than ${most}; write the first part, then append the rest in chunks of at most ${longestChunk}`,
    );
  const stat = statSync(at.path, { throwIfNoEntry: false });
  if (stat?.isDirectory()) return failed(`${at.shown} is a folder`, { path: at.shown });
  if (content === '' && stat && stat.size > 0) return failed(`an empty content would empty ${at.shown}; it is allowed for a new file only`, { path: at.shown });
  if (args['create_dirs'] !== false) mkdirSync(dirname(at.path), { recursive: true });
  writeInside(at.path, content, boundary, isAppend && args['truncate_first'] !== true ? 'append' : 'replace');
  context.fileChanged(at.path);
  context.events.emit('file.changed', { path: at.shown, kind: stat ? 'update' : 'add' });
  return { ok: true, message: `${stat ? 'wrote' : 'created'} ${at.shown}, ${Buffer.byteLength(content)} bytes${isAppend ? ' added' : ''}`, path: at.shown };
}
