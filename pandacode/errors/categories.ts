/** How a run stands or ended. */
export type RunState = 'completed' | 'waiting_for_user' | 'idle' | 'running' | 'timeout' | 'stopped' | 'blocked' | 'failed' | 'unsupported' | 'unknown';

interface CategoryRow {
  state: RunState;
  /** Whether the same task may succeed when it is tried again later. */
  retryable: boolean;
  /** One imperative sentence; a failure may carry a more exact one. A report has the names of its own runtime and session for {runtime} and {session}. */
  next: string;
}

/** The closed table of failure categories: every failed report names exactly one. odw passes them through. */
export const categories = {
  auth: { state: 'failed', retryable: false, next: 'Log in with the CLI of this runtime, or set its API key variable.' },
  rate_limit: { state: 'failed', retryable: true, next: 'Wait for the time that the provider names, then retry.' },
  quota: { state: 'failed', retryable: false, next: 'Top up the balance or raise the plan of the provider account.' },
  overloaded: { state: 'failed', retryable: true, next: 'Retry in a minute: the provider has trouble of its own.' },
  network: { state: 'failed', retryable: true, next: 'Check the connection and the base URL, then retry.' },
  invalid_request: { state: 'failed', retryable: false, next: 'Correct the model, session or options of the request.' },
  content_filter: { state: 'failed', retryable: false, next: 'Rephrase the task: the provider refused its content.' },
  output_limit: { state: 'failed', retryable: false, next: 'Ask for a shorter answer, or raise the output limit of the model.' },
  budget: { state: 'blocked', retryable: false, next: 'Raise the token or cost budget, or make the task smaller.' },
  max_turns: { state: 'blocked', retryable: false, next: 'Raise --max-steps, or make the task smaller.' },
  blocked: { state: 'blocked', retryable: false, next: 'Read the reason that the agent gave and change the task.' },
  schema_mismatch: { state: 'failed', retryable: true, next: 'Simplify the schema, or say in the task how each field is to be filled.' },
  pandacode_needs_input: {
    state: 'waiting_for_user',
    retryable: false,
    next: 'Answer with `pandacode {runtime} answer --session {session} --text` and the answer.',
  },
  pandacode_timeout: { state: 'timeout', retryable: true, next: 'Raise the time limit, or continue with `pandacode {runtime} resume --session {session}`.' },
  cancelled: { state: 'stopped', retryable: false, next: 'Continue with `pandacode {runtime} resume --session {session}` when wanted.' },
  not_installed: { state: 'failed', retryable: false, next: 'Install the CLI of this runtime, or name its path.' },
  session_busy: { state: 'failed', retryable: true, next: 'Wait for the live run of this session, stop it, or use another session name.' },
  executor_lost: { state: 'failed', retryable: true, next: 'Continue the session with `pandacode {runtime} resume --session {session}`.' },
  internal: { state: 'failed', retryable: false, next: 'Look into the logs named under `artifacts`.' },
} as const satisfies Record<string, CategoryRow>;

export type Category = keyof typeof categories;
