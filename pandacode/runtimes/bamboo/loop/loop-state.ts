import type { Failure } from '../../../errors/failure.ts';
import type { LoadedSchema } from '../../../schema/load-schema.ts';
import type { PendingUserInput, TurnContext } from '../../runtime.ts';
import type { Budget } from '../budget/budget.ts';
import type { TokenMeter } from '../budget/token-meter.ts';
import type { Compactor } from '../history/compaction.ts';
import type { Conversation } from '../history/conversation.ts';
import type { CallLimits } from '../model/call-model.ts';
import type { ChatModel, ToolDefinition } from '../model/chat-model.ts';
import type { ToolSurroundings } from '../tools/tool.ts';
import type { Verification } from './verify.ts';

/** What a loop works with. */
export interface LoopSetup {
  model: ChatModel;
  conversation: Conversation;
  tools: ToolDefinition[];
  surroundings: ToolSurroundings;
  limits: CallLimits;
  maxSteps: number;
  budget: Budget;
  meter: TokenMeter;
  compactor: Compactor;
  thresholdTokens: number;
  verify: string[];
  /** The schema of the result; its root is wrapped when `isWrapped`. */
  schema?: { loaded: LoadedSchema; isWrapped: boolean; repairs: number };
  about: { provider: string; model: string };
  context: TurnContext;
}

/** One step for the report. */
export interface Step {
  step: number;
  action: string;
  ok: boolean;
  message: string;
}

/** How a loop ended. */
export interface LoopEnd {
  failure?: Failure;
  /** What is to be shown as the last message. */
  text: string;
  structured?: { value: unknown };
  pending?: PendingUserInput;
}

/** What a loop leaves for the report, kept up to date while it runs. */
export interface LoopRecord {
  steps: Step[];
  verification: Verification[];
  /** The model that answered last, as it says. */
  model: string | null;
  lastText: string;
  compactions: { how: string; before: number; after: number }[];
}

export function emptyRecord(): LoopRecord {
  return { steps: [], verification: [], model: null, lastText: '', compactions: [] };
}
