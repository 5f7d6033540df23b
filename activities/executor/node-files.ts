import { createHash } from 'node:crypto';
import { join } from 'node:path';

/** Files of one node dispatch. This is the one place that names them; docs/executors.md explains them. */
export interface NodeFiles {
  /** `<run dir>/nodes/<activity id>`. */
  dir: string;
  /** What was decided once for the dispatch: prompt file, schema file. */
  dispatch: string;
  /** The finished outcome. When it exists nothing is ever run again. */
  outcome: string;
  /** The executor's normalised events, all steps, when it announces `--events-file`. */
  events: string;
  /** The node's JSON Schema, when the executor announces `--schema-file`. */
  schema: string;
  /** Task of a `resume` step. */
  continuation: string;
  /** The opened worktree of an isolated node. */
  worktree: string;
}

/** Files of one step: one executor process (`exec`, `resume` or `answer`) under its supervisor. */
export interface StepFiles {
  dir: string;
  /** What this step runs, written before it starts. */
  step: string;
  /** Written by the supervisor: its process row and the boot id. Also the lock against a second supervisor. */
  pid: string;
  out: string;
  err: string;
  /** Written by the supervisor at the end: `<exit code> end`. */
  code: string;
  /** The executor's own report and pid file, when it announces them. */
  report: string;
  executorPid: string;
  /** Mark: odw ended this step, and it is to go on later. */
  interrupted: string;
  /** Descendants seen while it ran. */
  seen: string;
}

/** Names the files of the node with this activity id. Ids that are no plain file name are cleaned and get a hash. */
export function nodeFiles(runDir: string, activityId: string): NodeFiles {
  return nodeFilesIn(join(runDir, 'nodes', folderName(activityId)));
}

/** Names the files of a node, given its own folder. */
export function nodeFilesIn(dir: string): NodeFiles {
  return {
    dir,
    dispatch: join(dir, 'dispatch.json'),
    outcome: join(dir, 'outcome.json'),
    events: join(dir, 'events.jsonl'),
    schema: join(dir, 'schema.json'),
    continuation: join(dir, 'continue.prompt.md'),
    worktree: join(dir, 'worktree.json'),
  };
}

/** Names the files of a step, given its own folder (`<node folder>/<step number, from 1>`). */
export function stepFiles(dir: string): StepFiles {
  return {
    dir,
    step: join(dir, 'step.json'),
    pid: join(dir, 'pid'),
    out: join(dir, 'out'),
    err: join(dir, 'err'),
    code: join(dir, 'code'),
    report: join(dir, 'report.json'),
    executorPid: join(dir, 'executor.json'),
    interrupted: join(dir, 'interrupted'),
    seen: join(dir, 'seen.json'),
  };
}

function folderName(activityId: string): string {
  const clean = activityId.replace(/[^A-Za-z0-9_.#@+=-]/g, '-').replace(/^\.+/, '-');
  if (clean === activityId && clean !== '' && clean.length <= 120) return clean;
  return `${clean.slice(0, 100)}-${createHash('sha256').update(activityId).digest('hex').slice(0, 12)}`;
}
