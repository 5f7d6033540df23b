import { OdwError } from '../../src/errors/error.ts';

/** CLI-09: `odw-exec-<ms>-<pid>`, resumed runs `odw-exec-resume-<ms>-<pid>`. */
export function newRunId(resumed: boolean, nowMs: number): string {
  return `odw-exec-${resumed ? 'resume-' : ''}${nowMs}-${process.pid}`;
}

/** CLI-07: a run id is one directory name. */
export function checkRunId(id: string): string {
  if (id === '' || id === 'latest' || /[/\\]|\.\./.test(id))
    throw new OdwError('run-id-invalid', `invalid run id (must be a single run directory name): ${id}`);
  return id;
}
