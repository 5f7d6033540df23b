import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** The per-user state folder (PROC-13): `ODW_HOME`, else `odw` in the platform's state folder. Absolute; may not exist yet. */
export function odwHome(env: NodeJS.ProcessEnv = process.env): string {
  if (env['ODW_HOME']) return resolve(env['ODW_HOME']);
  if (env['XDG_STATE_HOME']) return join(env['XDG_STATE_HOME'], 'odw');
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'odw');
  if (process.platform === 'win32') return join(env['LOCALAPPDATA'] ?? join(homedir(), 'AppData', 'Local'), 'odw');
  return join(homedir(), '.local', 'state', 'odw');
}

/** Where isolated nodes get their git worktrees (WT-04): outside the repository and outside any `.odw` folder. */
export function worktreeRoot(env: NodeJS.ProcessEnv = process.env): string {
  return env['ODW_WORKTREE_ROOT'] ? resolve(env['ODW_WORKTREE_ROOT']) : join(odwHome(env), 'worktrees');
}
