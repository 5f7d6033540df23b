import type { LimitFlags } from '../limit-options.ts';
import type { Dialect } from '../../schemas/script.ts';

/** Flags of `odw exec` as commander hands them over. Absent means not given. */
export interface ExecFlags extends LimitFlags {
  path: string;
  script?: string;
  input?: string;
  inputFile?: string;
  resume?: string;
  rebuildState?: boolean;
  /** The server that had the resumed run is gone for good. */
  serverLost?: boolean;
  /** Labels, keys, or the word "failed": nodes that run again on a resume. */
  rerun?: string[];
  /** Nodes of this phase and of those after it run again on a resume. */
  fromPhase?: string;
  /** Tell what a resume would do, and do nothing. */
  explain?: boolean;
  backend?: 'mock' | 'pandacode';
  dialect?: Dialect;
  provider?: string;
  model?: string;
  effort?: string;
  timeout?: string;
  concurrency?: number;
  budget?: number;
  maxAgents?: number;
  /** Milliseconds. */
  maxPark?: number;
  priority?: number;
  /** Milliseconds. */
  prefixStaggerMs?: number;
  /** File of prices. */
  rates?: string;
  autoAnswer: boolean;
  /** False: errors of lint do not keep a run on a real backend from starting. Absent counts as true. */
  lint?: boolean;
  pandacodeBin?: string;
  codexctlBin?: string;
  nodeBin?: string;
  json?: boolean;
  jsonEnvelope?: boolean;
  open?: boolean;
  report: boolean;
  dryRun?: boolean;
  /** Set by `odw report --script`: the run is a preview and never becomes the latest (CLI-18). */
  preview?: boolean;
}
