import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { OdwError } from '../../src/errors/error.ts';
import { tryLock } from '../../system/lock-file.ts';
import { endOrphans } from '../run/end-orphans.ts';
import { readIdentity } from '../run/run-identity.ts';
import type { RuntimeName } from '../runtimes/runtime.ts';
import { ensureDirectory, sessionPaths } from './layout.ts';

/**
 * Takes a session for one run. The lock of a dead process is broken, after the children that it left behind were ended.
 *
 * @returns what gives the session back
 * @throws `executor-session-busy` while another live run holds it
 */
export async function lockSession(stateDir: string, runtime: RuntimeName, session: string): Promise<() => void> {
  const paths = sessionPaths(stateDir, runtime, session);
  ensureDirectory(dirname(paths.lock));
  const lock = tryLock(paths.lock);
  if ('heldBy' in lock) {
    throw new OdwError('executor-session-busy', `session ${session} has a live run (pid ${lock.heldBy.pid} on ${lock.heldBy.host})`, {
      fields: { pid: lock.heldBy.pid },
    });
  }
  const stale = readIdentity(paths.identity);
  if (stale) await endOrphans(stale);
  return () => {
    rmSync(paths.identity, { force: true });
    lock.release();
  };
}
