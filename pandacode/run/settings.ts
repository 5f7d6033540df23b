import type { Effort, Runtime, RuntimeOptions } from '../runtimes/runtime.ts';

/** Everything that one run of exec, resume or answer needs to know, checked and resolved. */
export interface RunSettings {
  runtime: Runtime;
  action: 'exec' | 'resume' | 'answer';
  task: string;
  /** Of `answer`: number of the choice, from 1; the task is then its text. */
  choice?: number;
  /** Absolute. */
  workspace: string;
  stateDir: string;
  /** `latest`, or a name as given. */
  session: string;
  /** The model vendor, when one was named. */
  provider?: string;
  model?: string;
  effort?: Effort;
  permission?: 'max' | 'limited';
  /** Overall limit in milliseconds from process start; null = none. */
  timeoutMs: number | null;
  /** 0 = off. */
  idleTimeoutMs: number;
  schemaFile?: string;
  schemaRepairs: number;
  reportFile?: string;
  pidFile?: string;
  eventsFile?: string;
  dispatchId: string | null;
  detachSafe: boolean;
  priceFile?: string;
  options: RuntimeOptions;
  /** Remarks for the report, such as ignored flags. */
  notes: string[];
  json: boolean;
  env: NodeJS.ProcessEnv;
  /** Epoch milliseconds of the process start. */
  startedMs: number;
}
