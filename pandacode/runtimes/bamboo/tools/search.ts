import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { readInside } from '../safety/open-inside.ts';
import { allowedPath, type Boundary } from '../safety/protected-paths.ts';
import type { Secrets } from '../safety/secrets.ts';
import { listFiles } from './list-files.ts';
import { failed, type Arguments, type ToolOutcome, type ToolSurroundings } from './tool.ts';

const largest = 2 * 1024 * 1024;
const longestLine = 400;
/** A pattern that backtracks for ever is cut off between lines; a single line is short enough. */
const longestMs = 10_000;
const longestTested = 20_000;

/** Finds a text or pattern in the files below a path. Protected, skipped, large and non-text files are passed over. */
export async function search(args: Arguments, { boundary, secrets }: ToolSurroundings): Promise<ToolOutcome> {
  const query = args['query'] as string;
  if (query === '') return failed('the query is empty');
  const at = allowedPath((args['path'] as string | undefined) ?? '.', boundary, 'read');
  if ('refused' in at) return failed(at.refused);
  let pattern: RegExp | undefined;
  try {
    pattern = args['regex'] === true ? new RegExp(query) : undefined;
  } catch (error) {
    return failed(`the query is no regular expression: ${(error as Error).message}`);
  }
  const stat = lstatSync(at.path, { throwIfNoEntry: false });
  if (!stat) return failed(`${at.shown} does not exist`);
  const files = stat.isDirectory() ? (await listFiles(at.path, boundary, { most: 50_000, depth: 64 })).files : [at.shown];
  const limit = typeof args['limit'] === 'number' && args['limit'] > 0 ? args['limit'] : 200;
  const found: string[] = [];
  const deadline = Date.now() + longestMs;
  let isLate = false;
  for (const file of files) {
    if (found.length >= limit) break;
    if ((isLate = Date.now() > deadline)) break;
    const text = readText(join(boundary.workspace, file), boundary, secrets);
    if (text === undefined || (pattern === undefined && !text.includes(query))) continue;
    for (const [index, line] of text.split('\n').entries()) {
      const isMatch = pattern ? pattern.test(line.slice(0, longestTested)) : line.includes(query);
      if (isMatch && found.push(`${file}:${index + 1}:${line.length > longestLine ? `${line.slice(0, longestLine)}…` : line}`) >= limit) break;
      if ((isLate = Date.now() > deadline)) break;
    }
  }
  const more = isLate ? '; the search took too long and was ended' : found.length >= limit ? '; there may be more' : '';
  return { ok: true, message: `${found.length} matches${more}`, path: at.shown, output: found.join('\n'), ...(more ? { output_truncated: true } : {}) };
}

function readText(path: string, boundary: Boundary, secrets: Secrets | undefined): string | undefined {
  try {
    const stat = lstatSync(path);
    if (!stat.isFile() || stat.size > largest || secrets?.isProtectedFile(stat)) return undefined;
    return new TextDecoder('utf-8', { fatal: true }).decode(readInside(path, boundary, largest));
  } catch {
    return undefined;
  }
}
