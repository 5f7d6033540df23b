/** CLI-09: `odw-exec-<ms>-<pid>`, resumed runs `odw-exec-resume-<ms>-<pid>`. */
export function newRunId(resumed: boolean, nowMs: number): string {
  return `odw-exec-${resumed ? 'resume-' : ''}${nowMs}-${process.pid}`;
}
