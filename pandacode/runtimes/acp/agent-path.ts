import { realpathSync } from 'node:fs';
import { allowedPath, type Boundary } from '../bamboo/safety/protected-paths.ts';

/**
 * Whether a path that an agent names may be touched, by the same rules as bamboo's file tools. Agents may name files by
 * their real path although the workspace was given through a link.
 */
export function agentPath(path: string, { workspace, stateDir }: Boundary, use: 'read' | 'write'): { path: string } | { refused: string } {
  const answer = allowedPath(path, { workspace, stateDir }, use);
  const real = realpathSync(workspace);
  return 'path' in answer || real === workspace ? answer : allowedPath(path, { workspace: real, stateDir }, use);
}
