import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { usageError } from '../../../errors/raise.ts';
import { readInside } from '../safety/open-inside.ts';
import { allowedPath, type Boundary } from '../safety/protected-paths.ts';
import { listFiles } from '../tools/list-files.ts';
import type { BambooOptions } from '../options.ts';

const documents = ['AGENTS.md', 'CLAUDE.md', 'README.md', 'package.json', 'Cargo.toml', 'pyproject.toml', 'go.mod'];
const perDocument = 24_000;
const mostPaths = 350;

/** What every task of a workspace should know, in an order and form that stay the same between runs. */
export async function stableContext(boundary: Boundary, options: Pick<BambooOptions, 'cachePrefix' | 'cachePrefixFiles'>): Promise<string> {
  const parts: string[] = ['Context of the workspace.'];
  for (const name of documents) {
    const text = readDocument(name, boundary);
    if (text !== undefined) parts.push(section(name, text));
  }
  if (options.cachePrefix) parts.push(section('Given context', options.cachePrefix));
  for (const file of options.cachePrefixFiles) parts.push(section(`Given context: ${file}`, prefixFile(file, boundary)));
  const { files, isCut } = await listFiles(boundary.workspace, boundary, { most: mostPaths, depth: 64 });
  parts.push(section('Files', files.join('\n') + (isCut ? '\n(more files were left out)' : '')));
  return parts.join('\n\n');
}

function section(title: string, text: string): string {
  return `## ${title}\n${text.length > perDocument ? `${text.slice(0, perDocument)}\n(cut after ${perDocument} characters)` : text}`;
}

function readDocument(name: string, boundary: Boundary): string | undefined {
  const at = allowedPath(name, boundary, 'read');
  if ('refused' in at) return undefined;
  try {
    return readInside(at.path, boundary).toString('utf8');
  } catch {
    return undefined;
  }
}

function prefixFile(file: string, { workspace }: Boundary): string {
  for (const path of [file, join(workspace, file)]) {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      // the next place
    }
  }
  throw usageError(`--cache-prefix-file ${file} cannot be read`);
}
