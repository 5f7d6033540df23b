import { statSync } from 'node:fs';
import { readInside } from '../safety/open-inside.ts';
import { allowedPath, type Boundary } from '../safety/protected-paths.ts';
import { listFiles } from './list-files.ts';
import { failed, type Arguments, type ToolOutcome, type ToolSurroundings } from './tool.ts';

const perFile = 24_000;
const perCall = 48_000;
const largest = 50 * 1024 * 1024;

/** Reads files with line numbers, or maps a folder. */
export async function read(args: Arguments, surroundings: ToolSurroundings): Promise<ToolOutcome> {
  const paths = (args['paths'] as string[] | undefined) ?? [];
  if (paths.length === 0) return readOne((args['path'] as string | undefined) ?? '.', args, surroundings, perFile);
  const parts: string[] = [];
  let left = perCall;
  let problems = 0;
  for (const path of paths) {
    const one = left <= 0 ? failed('left out: the answer is full') : await readOne(path, args, surroundings, Math.min(perFile, left));
    if (!one.ok) problems++;
    const text = one.ok ? (one.output ?? one.message) : one.message;
    left -= text.length;
    parts.push(`== ${path}\n${text}`);
  }
  return { ok: problems < paths.length, message: `${paths.length - problems} of ${paths.length} files`, output: parts.join('\n') };
}

async function readOne(given: string, args: Arguments, { boundary, secrets }: ToolSurroundings, most: number): Promise<ToolOutcome> {
  const at = allowedPath(given, boundary, 'read');
  if ('refused' in at) return failed(at.refused);
  const stat = statSync(at.path, { throwIfNoEntry: false });
  if (!stat) return failed(`${at.shown} does not exist`, { path: at.shown });
  const mode = (args['mode'] as string | undefined) ?? 'auto';
  if (mode === 'stat') {
    const kind = stat.isDirectory() ? 'folder' : stat.isFile() ? 'file' : 'special';
    return {
      ok: true,
      message: `${kind}, ${stat.size} bytes`,
      path: at.shown,
      output: JSON.stringify({ kind, bytes: stat.size, modified: stat.mtime.toISOString() }),
    };
  }
  if (!stat.isDirectory()) {
    if (!stat.isFile()) return failed(`${at.shown} is a pipe, socket or device, which cannot be read`, { path: at.shown });
    if (secrets?.isProtectedFile(stat)) return failed(`${given} is protected: it is another name of a protected file`);
    return lines(at.path, at.shown, stat.size, args, most, boundary);
  }
  const limits = { most: count(args['max_files'], 500), depth: count(args['max_depth'], 6) };
  const { files, isCut } = await listFiles(at.path, boundary, limits);
  return {
    ok: true,
    message: `${files.length} files${isCut ? ', more were left out' : ''}`,
    path: at.shown,
    output: mode === 'list' ? files.join('\n') : map(files),
    ...(isCut ? { output_truncated: true } : {}),
  };
}

function lines(path: string, shown: string, bytes: number, args: Arguments, most: number, boundary: Boundary): ToolOutcome {
  if (bytes > largest) return failed(`${shown} is too large to read (${bytes} bytes); use search or bash`, { path: shown });
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(readInside(path, boundary, largest));
  } catch (error) {
    return failed(error instanceof TypeError ? `${shown} is not UTF-8 text (${bytes} bytes)` : (error as Error).message, { path: shown });
  }
  const all = text.split('\n');
  if (all.at(-1) === '') all.pop();
  const from = Math.max(1, count(args['offset'], 1));
  const limit = count(args['limit'], 240);
  const numbered: string[] = [];
  let length = 0;
  let next = from;
  for (; next <= all.length && numbered.length < limit; next++) {
    const line = `${String(next).padStart(6)}\t${all[next - 1]!}`;
    if (length + line.length > most && numbered.length > 0) break;
    numbered.push(line.length > most ? `${line.slice(0, most)}… (line cut)` : line);
    length += line.length + 1;
  }
  const isWhole = from === 1 && next > all.length;
  const rest = next <= all.length ? `\n[next_offset=${next}; ${all.length} lines in all]` : '';
  return {
    ok: true,
    message: isWhole ? `${all.length} lines` : `lines ${from} to ${next - 1} of ${all.length}`,
    path: shown,
    output: numbered.join('\n') + rest,
    ...(rest ? { output_truncated: true } : {}),
  };
}

// One line per folder: its files behind it.
function map(files: string[]): string {
  const folders = new Map<string, string[]>();
  for (const file of files) {
    const at = file.lastIndexOf('/');
    const folder = at < 0 ? '.' : file.slice(0, at);
    folders.set(folder, [...(folders.get(folder) ?? []), file.slice(at + 1)]);
  }
  return [...folders].map(([folder, names]) => `${folder}/ ${names.join(' ')}`).join('\n');
}

function count(value: unknown, otherwise: number): number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 ? value : otherwise;
}
