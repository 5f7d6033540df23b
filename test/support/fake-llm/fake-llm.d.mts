/** One action of a model's turn; see README.md. */
export type Action = Record<string, unknown>;

export interface Scenario {
  turns: (Action | Action[])[];
  usage?: Partial<Record<'input' | 'output' | 'cacheRead' | 'cacheWrite' | 'reasoning', number>>;
  requireReasoningEcho?: boolean;
}

/** What was asked of the server. */
export interface RecordedRequest {
  t: number;
  method: string;
  url: string;
  headers: Record<string, string>;
  /** Parsed JSON, or the raw text. */
  body: { [field: string]: unknown };
  turn?: number;
  status: number;
  ms: number;
  failure?: string;
  unhandled?: boolean;
}

export interface FakeLlm {
  port: number;
  url: string;
  /** Those that were answered. */
  requests: RecordedRequest[];
  /** Those that are being answered. */
  open: ReadonlySet<Pick<RecordedRequest, 't' | 'method' | 'url' | 'headers' | 'body'>>;
  close(): Promise<void>;
}

export interface FakeLlmOptions {
  port?: number;
  host?: string;
  scenario?: Scenario;
  chunk?: number;
  delay?: number;
  log?: string | null;
  key?: string | null;
}

/** Starts a fake model server on the loopback interface. */
export function startFakeLlm(options?: FakeLlmOptions): Promise<FakeLlm>;
