import { statSync } from 'node:fs';
import { join } from 'node:path';
import { readInside, writeInside } from '../safety/open-inside.ts';
import { allowedPath, type Boundary } from '../safety/protected-paths.ts';
import { gitApply } from './git-apply.ts';
import { failed, type Arguments, type ToolOutcome, type ToolSurroundings } from './tool.ts';

/** Changes a file by replacing, inserting, or a patch. */
export async function edit(args: Arguments, surroundings: ToolSurroundings): Promise<ToolOutcome> {
  if (typeof args['patch'] === 'string') return patch(args['patch'], surroundings);
  const { boundary, context } = surroundings;
  if (typeof args['path'] !== 'string') return failed('edit needs path with old and new, path with anchor and text, or patch');
  const at = allowedPath(args['path'], boundary, 'write');
  if ('refused' in at) return failed(at.refused);
  if (!statSync(at.path, { throwIfNoEntry: false })?.isFile()) return failed(`${at.shown} is no file; use write to create one`, { path: at.shown });
  const before = readInside(at.path, boundary).toString('utf8');
  const isReplace = typeof args['old'] === 'string';
  const wanted = (isReplace ? args['old'] : args['anchor']) as string | undefined;
  const text = (isReplace ? args['new'] : args['text']) as string | undefined;
  if (wanted === undefined || text === undefined) return failed('edit needs old and new, or anchor and text', { path: at.shown });
  if (wanted === '') return failed(`${isReplace ? 'old' : 'anchor'} is empty`, { path: at.shown });
  const times = before.split(wanted).length - 1;
  const all = args[isReplace ? 'replace_all' : 'insert_all'] === true;
  if (times === 0) return failed(`the text was not found in ${at.shown}; read the file again and give it exactly, blanks included`, { path: at.shown });
  if (times > 1 && !all)
    return failed(`the text occurs ${times} times in ${at.shown}; give more of its surroundings, or set ${isReplace ? 'replace_all' : 'insert_all'}`, {
      path: at.shown,
    });
  const put = isReplace ? text : args['position'] === 'before' ? text + wanted : wanted + text;
  const after = before.split(wanted).join(put);
  if (after === before) return failed(`nothing would change in ${at.shown}`, { path: at.shown });
  writeInside(at.path, after, boundary);
  context.fileChanged(at.path);
  context.events.emit('file.changed', { path: at.shown, kind: 'update' });
  return { ok: true, message: `changed ${at.shown} in ${times} place${times > 1 ? 's' : ''}`, path: at.shown };
}

async function patch(text: string, surroundings: ToolSurroundings): Promise<ToolOutcome> {
  const { boundary, context } = surroundings;
  const paths = patchedPaths(text);
  if (paths.length === 0) return failed('the patch names no file; give a unified diff with --- and +++ lines');
  for (const path of paths) {
    const refused = refusal(path, boundary);
    if (refused) return failed(refused, { path });
  }
  // A patch can make a link and then write through it.
  if (/^(?:new file mode|new mode|old mode) 120000$/m.test(text)) return failed('a patch must not make symbolic links');
  const problem = await gitApply(text, boundary.workspace);
  if (problem) return failed(`the patch does not apply: ${problem}`);
  for (const path of paths) {
    context.fileChanged(join(boundary.workspace, path));
    context.events.emit('file.changed', { path, kind: 'patch' });
  }
  return { ok: true, message: `patched ${paths.join(', ')}`, path: paths[0]! };
}

function refusal(path: string, boundary: Boundary): string | undefined {
  const at = allowedPath(path, boundary, 'write');
  return 'refused' in at ? at.refused : undefined;
}

/** All files that a unified diff names, without the prefixes of git. */
export function patchedPaths(text: string): string[] {
  const found = new Set<string>();
  const add = (path: string) => {
    const plain = unquoted(path.replace(/\t.*$/, '').trim());
    if (plain !== '/dev/null' && plain) found.add(plain.replace(/^[ab]\//, ''));
  };
  for (const [, path] of text.matchAll(/^(?:---|\+\+\+) (.+)$/gm)) add(path!);
  for (const [, path] of text.matchAll(/^(?:rename|copy) (?:from|to) (.+)$/gm)) found.add(unquoted(path!.trim()));
  for (const [, a, b] of text.matchAll(/^diff --git (?:"?a\/)(.+?)"? "?b\/(.+?)"?$/gm)) {
    found.add(unquoted(a!));
    found.add(unquoted(b!));
  }
  return [...found];
}

function unquoted(path: string): string {
  return path.startsWith('"') && path.endsWith('"') ? path.slice(1, -1).replace(/\\(["\\])/g, '$1') : path;
}
