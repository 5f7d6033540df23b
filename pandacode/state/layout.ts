import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { RuntimeName } from '../runtimes/runtime.ts';
import { sessionFileName } from './session-name.ts';

/** Root of the executor's state: `PANDACODE_STATE_DIR` (relative values lie under the workspace), else `<workspace>/.pandacode`. */
export function stateDirectory(workspace: string, env: NodeJS.ProcessEnv): string {
  return resolve(workspace, env['PANDACODE_STATE_DIR'] || '.pandacode');
}

/** Creates a folder of the state tree, readable by its owner alone. */
export function ensureDirectory(path: string): string {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  return path;
}

/** Creates the state root with a `.gitignore`, so that executor state never shows up as a change of the workspace. */
export function ensureStateDirectory(stateDir: string): void {
  ensureDirectory(stateDir);
  const ignore = join(stateDir, '.gitignore');
  if (!existsSync(ignore)) writeFileSync(ignore, '*\n', { mode: 0o600 });
}

/** Where the parts of a session lie. No folder is created. */
export function sessionPaths(stateDir: string, runtime: RuntimeName, session: string) {
  const file = sessionFileName(session);
  return {
    record: join(stateDir, 'sessions', runtime, `${file}.json`),
    latest: join(stateDir, 'sessions', runtime, 'latest.json'),
    globalLatest: join(stateDir, 'sessions', 'latest.json'),
    identity: join(stateDir, 'locks', `${runtime}-${file}.json`),
    lock: join(stateDir, 'locks', `${runtime}-${file}.lock`),
    prompts: join(stateDir, runtime, 'prompts'),
    config: join(stateDir, runtime, 'config'),
    runtimeRoot: join(stateDir, runtime),
    file,
  };
}
