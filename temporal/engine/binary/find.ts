import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { OdwError } from '../../../src/errors/error.ts';
import type { EngineOptions } from '../engine.ts';
import { engineLayout } from '../layout.ts';
import { isNewEnough, minimumVersion, readVersion, type CliVersion } from './version.ts';

/** A Temporal CLI that can serve. */
export interface EngineBinary {
  path: string;
  version: CliVersion;
  /** Which step of the search order gave it. */
  origin: 'ODW_TEMPORAL_BIN' | 'PATH' | 'ODW_HOME' | 'download' | 'build';
}

export interface BinarySearch extends EngineOptions {
  /** Why a program of this version is not wanted (the database is of another line), or undefined when it is. Programs the user named are not asked. */
  objection?: (version: CliVersion) => string | undefined;
}

export interface BinarySearchResult {
  binary?: EngineBinary;
  /** One clause for each step that gave nothing, for the error at the end of the search. */
  tried: string[];
}

/**
 * Looks for a Temporal CLI that is already on this machine: ODW_TEMPORAL_BIN, then PATH, then ODW_HOME/bin.
 *
 * @throws OdwError `engine-binary-unusable` when ODW_TEMPORAL_BIN names something that cannot serve
 */
export async function findBinary(search: BinarySearch = {}): Promise<BinarySearchResult> {
  const env = search.env ?? process.env;
  const named = env['ODW_TEMPORAL_BIN'];
  if (named) return { binary: await namedBinary(resolve(named)), tried: [] };
  const tried = ['ODW_TEMPORAL_BIN is not set'];
  const onPath = findOnPath('temporal', env);
  for (const [path, origin] of [[onPath, 'PATH'] as const, [engineLayout(env).binary, 'ODW_HOME'] as const]) {
    if (!path || !isExecutable(path)) {
      tried.push(origin === 'PATH' ? 'there is no temporal on PATH' : `there is no ${engineLayout(env).binary}`);
      continue;
    }
    const version = await readVersion(path);
    const problem = 'problem' in version ? version.problem : (tooOld(version) ?? search.objection?.(version));
    if (problem === undefined) return { binary: { path, version: version as CliVersion, origin }, tried };
    tried.push(`${path} is not used: ${problem}`);
    search.onProgress?.({ phase: 'find', message: `skipping ${path}: ${problem}` });
  }
  return { tried };
}

/** First executable of this name on PATH, absolute; undefined when there is none. */
export function findOnPath(name: string, env: NodeJS.ProcessEnv): string | undefined {
  const names = process.platform === 'win32' ? [`${name}.exe`, `${name}.cmd`] : [name];
  for (const folder of (env['PATH'] ?? '').split(delimiter)) {
    if (folder === '') continue;
    for (const one of names) if (isExecutable(join(folder, one))) return resolve(folder, one);
  }
  return undefined;
}

async function namedBinary(path: string): Promise<EngineBinary> {
  const version = isExecutable(path) ? await readVersion(path) : { problem: 'it is not an executable file' };
  const problem = 'problem' in version ? version.problem : tooOld(version);
  if (problem !== undefined) {
    throw new OdwError('engine-binary-unusable', `ODW_TEMPORAL_BIN names ${path}, but ${problem}; expected a Temporal CLI ${minimumVersion.cli} or later`, {
      fields: { path },
    });
  }
  return { path, version: version as CliVersion, origin: 'ODW_TEMPORAL_BIN' };
}

function tooOld(version: CliVersion): string | undefined {
  return isNewEnough(version)
    ? undefined
    : `it is Temporal CLI ${version.cli} with server ${version.server}, older than ${minimumVersion.cli} with server ${minimumVersion.server}`;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
