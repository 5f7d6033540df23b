import type { Json } from '../../schemas/json.ts';
import type { RunInput } from '../../schemas/run-input.ts';
import { EventScript } from './journal.ts';

type Fields = { [key: string]: Json };

interface NodeStory {
  label: string;
  phase: string;
  prompt: string;
  runtime?: string;
  model?: string;
  startMs: number;
  tookMs: number;
  tokens?: number | null;
  place?: Fields;
  /** Category of the failure it ends with. */
  fails?: string;
  /** Category of a first attempt that failed and was tried again. */
  retried?: string;
  cached?: boolean;
  result?: Json;
  /** It has not ended when the story does. */
  open?: boolean;
}

/** Makes the events of a run that never took place, realistic in form, the same for the same seed. */
export class RunStory {
  private readonly happenings: { ms: number; order: number; emit: (script: EventScript) => void }[] = [];
  private index = 0;
  private groups = 0;
  private seed = 7;

  constructor(private readonly input: RunInput) {
    const { name } = input.script.meta;
    this.at(input.startedMs, 'workflow_start', { name, script: input.script.path, backend: input.options.backend, resumeFrom: '', whenToUse: null });
  }

  /** A pseudo-random number from 0 to 1. */
  random(): number {
    this.seed = (this.seed * 1103515245 + 12345) % 2147483648;
    return this.seed / 2147483648;
  }

  at(ms: number, type: string, fields: Fields = {}): this {
    this.happenings.push({ ms, order: this.happenings.length, emit: (script) => script.emit(type, fields) });
    return this;
  }

  group(kind: 'parallel' | 'pipeline' | 'workflow_call', fields: Fields, startMs: number, endMs: number, ok = true): string {
    const id = `g${++this.groups}`;
    this.at(startMs, `${kind}_start`, { id, ...fields });
    this.at(endMs, `${kind}_done`, { id, ...fields, ok });
    return id;
  }

  node(story: NodeStory): this {
    const { label, phase, runtime = 'claude', model = 'opus', startMs, tookMs, tokens = 1000 } = story;
    const endMs = startMs + tookMs;
    const base = { index: ++this.index, key: `agent:${this.index}`, label, phase, ...story.place };
    const extra = { fingerprint: 'f'.repeat(64), schema: null, model };
    const event = (ms: number, type: string, fields: Fields, used: number | null = 0) =>
      this.happenings.push({
        ms,
        order: this.happenings.length,
        emit: (script) => script.emit(type, { ...base, ...fields }, { ...extra, tokens: used, budget: script.budget(used) }),
      });
    const result = story.result ?? `${label} is done.`;
    if (story.cached) {
      event(startMs, 'agent_skip', { reason: 'cached', runtime, model, promptPreview: story.prompt, result });
      return this;
    }
    const maxAttempts = story.retried ? 3 : 1;
    const config = { runtime, model, ...(maxAttempts > 1 ? { maxAttempts } : {}), ...(story.result ? { isolation: 'worktree' } : {}) };
    const start = (ms: number, attempt: number) => event(ms, 'agent_start', { runtime, model, promptPreview: story.prompt, config, attempt, maxAttempts });
    start(startMs, 1);
    if (story.retried) {
      const again = startMs + tookMs * 0.4;
      event(again - 1, 'agent_retry', { attempt: 1, nextAttempt: 2, maxAttempts, reason: story.retried, tokens: 300, model }, 300);
      start(again, 2);
    }
    if (story.open) return this;
    const attempt = story.retried ? 2 : 1;
    if (story.fails) {
      const error = {
        category: story.fails,
        message: `The agent ${label} could not finish: ${story.fails}.`,
        retryable: false,
        next_action: 'Look at the log of the session.',
      };
      event(
        endMs,
        'agent_done',
        { runtime, model, attempt, maxAttempts, ok: false, tokens, result: { ok: false, error, feedback: { retryable: false } } },
        tokens,
      );
    } else {
      event(endMs, 'agent_done', { runtime, model, attempt, maxAttempts, ok: true, tokens, result }, tokens);
    }
    return this;
  }

  /** The events in order of time. */
  events(): EventScript {
    const script = new EventScript(this.input.startedMs);
    for (const { ms, emit } of [...this.happenings].sort((a, b) => a.ms - b.ms || a.order - b.order)) emit(script.at(ms));
    return script;
  }
}

export const sampleDiff = `diff --git a/src/auth/session.ts b/src/auth/session.ts
index 83db48f..bf3a1c2 100644
--- a/src/auth/session.ts
+++ b/src/auth/session.ts
@@ -12,7 +12,9 @@ export function readSession(token: string) {
   const session = store.get(token);
-  if (!session) return null;
+  if (!session) throw new SessionError('unknown session');
+  // Sessions end 24 hours after their last use.
+  if (session.lastUsed + DAY < Date.now()) return undefined;
   return session;
 }
diff --git a/docs/auth.md b/docs/auth.md
new file mode 100644
index 0000000..e69de29
--- /dev/null
+++ b/docs/auth.md
@@ -0,0 +1,2 @@
+# Sessions
+They end after a day.
`;
