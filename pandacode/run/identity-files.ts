import type { ProcessFamily } from '../process/family.ts';
import { writeIdentity, type RunIdentity } from './run-identity.ts';

const heartbeatMs = 5000;

/**
 * Keeps the pid file and the session's lock file up to date: at once when a child was started (so that a parent can
 * end it whatever happens to us), then every five seconds.
 */
export class IdentityFiles {
  private readonly paths: string[];
  private readonly identity: RunIdentity;
  private readonly family: ProcessFamily;
  private readonly timer: NodeJS.Timeout;

  constructor(paths: string[], identity: RunIdentity, family: ProcessFamily) {
    this.paths = paths;
    this.identity = identity;
    this.family = family;
    this.write();
    family.watch(() => this.refresh());
    this.timer = setInterval(() => this.refresh(), heartbeatMs).unref();
  }

  /** Last write: who sees `exited` may rely on the report file. */
  exited(): void {
    clearInterval(this.timer);
    this.identity.state = 'exited';
    this.refresh();
  }

  // The first write must succeed: a run that nobody can find again is not started. A later one that fails ends no paid run.
  private refresh(): void {
    try {
      this.write();
    } catch {
      // the file keeps its last content
    }
  }

  private write(): void {
    this.identity.heartbeat_ms = Date.now();
    this.identity.children = this.family.alive().map((one) => ({ pid: one.pid, start_id: one.start }));
    for (const path of this.paths) writeIdentity(path, this.identity);
  }
}
