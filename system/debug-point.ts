import { writeSync } from 'node:fs';
import { OdwError } from '../src/errors/error.ts';

/**
 * Every place at which a test can stop odw, in the order in which a run passes them (docs/internals/debug-points.md).
 * A host that is killed at any of them loses nothing: test/chaos/debug-points.crash.test.ts goes through the whole table.
 */
export const debugPoints = {
  'after-connect': 'the server answers, and has been asked nothing',
  'after-run-folder': 'the run folder holds input and script, and no run.json yet',
  'after-run-file': 'run.json is written, the server has not heard of the run',
  'after-run-start': 'the server has the run, run.json does not know its execution',
  'after-worktree-plan': 'the place of a worktree is noted in the node folder, nothing is made',
  'after-worktree-add': 'git has registered the worktree, odw has no record of it',
  'after-worktree-record': 'the record says "creating", no file is checked out',
  'after-worktree-checkout': 'the files are checked out, the record still says "creating"',
  'after-worktree-ready': 'the worktree is ready, the node folder does not name its git folder',
  'after-dispatch-file': 'prompt and schema are written, no step is planned',
  'after-step-file': 'the step is planned, its executor not started',
  'after-executor-start': 'the executor was started, perhaps before it wrote its first file',
  'after-executor-end': 'the executor has written its files and ended, nobody has read them',
  'before-capture': 'the executor is judged, its worktree not captured',
  'after-capture-ref': 'the work is on its hidden ref, the patch is not written',
  'after-capture': 'ref and patch are written, the outcome is not',
  'after-outcome': 'the outcome is written, its worktree still there',
  'after-worktree-mark': 'the worktree is marked as one that goes away, and is still there',
  'after-worktree-folder': 'the folder of the worktree is gone, its registration is not',
  'before-node-result': 'everything of the node is done, the server has not heard of it',
  'on-event': 'the workflow has told of an event, and its task is not completed',
  'before-journal-append': 'events of the run have come, the journal does not have them',
  'after-journal-append': 'the journal has events that state.json does not have',
  'after-state-write': 'state.json was written while the run goes on',
  'after-run-close': 'the run has closed, its files have no end',
  'after-history': 'history.json is written, the journal has no exit record',
  'after-exit-record': 'journal and state.json are complete, run.json is not',
  'after-run-file-end': 'run.json has the end, the report is not written',
  'after-report': 'everything is written, the host still holds its lock',
  'after-rescue': 'the next host freed what the dead one held, and has done nothing else',
  'after-replaced': 'a run that an edited script replaces is terminated, and nothing of it is cleared',
  'after-clear-executors': 'its executors are ended, its worktrees are there',
  'after-clear-capture': 'a worktree of it is captured, and still there',
  'after-clear': 'everything of it is cleared, its files have no end',
  'after-leave-mark': 'a host that leaves has marked an executor as interrupted, and has not ended it',
  'after-leave': 'a host that leaves has ended its executors, its journal is not closed',
} as const satisfies Record<string, string>;

export type DebugPoint = keyof typeof debugPoints;

const variable = 'ODW_DEBUG_POINT';
const setting = process.env[variable];
let wanted: { point: string; action: 'kill' | 'pause'; at: number } | undefined;
let seen = 0;

/**
 * Stops this process here when `ODW_DEBUG_POINT` is `NAME:kill` (SIGKILL) or `NAME:pause` (SIGSTOP; SIGCONT goes on), the first time
 * or, with `NAME:kill:N`, the Nth. Costs one comparison when the variable is not set.
 *
 * @throws OdwError `option-invalid` when the variable names no point or no action
 */
export function debugPoint(point: DebugPoint): void {
  if (setting !== undefined) reach(point, setting);
}

function reach(point: DebugPoint, text: string): void {
  wanted ??= parse(text);
  if (wanted.point !== point || ++seen !== wanted.at) return;
  writeSync(2, `[odw] debug point ${point}: ${wanted.action} of process ${process.pid}\n`);
  process.kill(process.pid, wanted.action === 'kill' ? 'SIGKILL' : 'SIGSTOP');
}

function parse(text: string): NonNullable<typeof wanted> {
  const [point = '', action, at = '1', ...rest] = text.split(':');
  if (!Object.hasOwn(debugPoints, point) || (action !== 'kill' && action !== 'pause') || !/^[1-9]\d*$/.test(at) || rest.length > 0) {
    throw new OdwError(
      'option-invalid',
      `${variable} is "${text}"; expected NAME:kill or NAME:pause, with :N for the Nth time, and one of these names: ${Object.keys(debugPoints).join(', ')}`,
      {
        exitCode: 2,
      },
    );
  }
  return { point, action, at: Number(at) };
}
