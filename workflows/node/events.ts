import type { Json } from '../../schemas/json.ts';
import type { NodeOutcome } from '../../schemas/node.ts';
import type { ReusableNode } from '../../schemas/run-input.ts';
import { cutCodePoints } from '../../src/text.ts';
import { showDetails } from '../details.ts';
import { placeOf } from '../scope.ts';
import type { RunContext } from '../run-context.ts';
import type { NodeCall } from './call.ts';

/** Code points of a prompt that the journal keeps. */
export const previewLength = 8000;

/** Journal events of one node (EVT-04, EVT-05), with the fields that state.json needs beside them. */
export class NodeEvents {
  private started = false;
  /** What the last dispatch used, for the event that tells how it ended (MONEY-03). */
  private spent: Record<string, unknown> = {};
  private tokens: number | null = null;

  constructor(
    private readonly ctx: RunContext,
    private readonly call: NodeCall,
  ) {}

  start(attempt: number): void {
    const state = { ...this.identity(), ...(this.ctx.input.explain ? { prompt: this.call.prompt } : {}) };
    if (!this.started) this.ctx.counts.running++;
    this.started = true;
    showDetails(this.ctx, this.call.settings.phase);
    this.ctx.journal.emit('agent_start', { ...this.common(), ...this.asked(), ...this.attempts(attempt) }, state);
  }

  skip(result: Json, { tokens, fingerprint, restartedWith }: ReusableNode): void {
    this.ctx.counts.reused++;
    showDetails(this.ctx, this.call.settings.phase);
    const state = {
      ...this.identity(),
      fingerprint,
      ...(this.ctx.input.explain ? { prompt: this.call.prompt } : {}),
      model: this.call.settings.model ?? 'inherit',
      tokens,
      maxAttempts: this.call.retry.maxAttempts,
    };
    this.ctx.journal.emit(
      'agent_skip',
      { ...this.common(), ...this.asked(), ...(restartedWith ? { restartedWith } : {}), reason: 'cached', result },
      { ...state, budget: this.ctx.budget.toState(), usage: this.ctx.limits.usage },
    );
  }

  done(attempt: number, ok: boolean, result: Json, tokens: number | null, model: string | undefined): void {
    // A node can fail before it starts: its schema, or its earlier result, cannot be read.
    if (this.started) this.ctx.counts.running--;
    this.ctx.counts[ok ? 'done' : 'failed']++;
    showDetails(this.ctx, this.call.settings.phase);
    const { settings } = this.call;
    const shown = settings.model ?? model ?? 'inherit';
    const fields = { ...this.common(), runtime: settings.runtime, model: shown, ...this.attempts(attempt), ok, tokens, ...this.spent, result };
    this.ctx.journal.emit('agent_done', fields, { ...this.identity(), model: shown, tokens, budget: this.ctx.budget.toState(), usage: this.ctx.limits.usage });
  }

  schemaInvalid(attempt: number, issues: string[], retryable: boolean, result: Json): void {
    this.ctx.journal.emit('agent_schema_invalid', { ...this.common(), ...this.attempts(attempt), schema: this.call.schema?.name, retryable, issues, result });
  }

  retry(attempt: number, reason: string, tokens: number | null, model: string | undefined): void {
    const fields = {
      ...this.common(),
      ...this.attempts(attempt),
      nextAttempt: attempt + 1,
      reason,
      tokens,
      model: this.call.settings.model ?? model ?? 'inherit',
      ...this.spent,
    };
    this.ctx.journal.emit('agent_retry', fields, { budget: this.ctx.budget.toState(), usage: this.ctx.limits.usage });
  }

  /** The dispatch was held: the node waits for its provider (QUOTA-03). */
  wait(attempt: number, reason: string, tokens: number | null): void {
    this.ctx.journal.emit(
      'agent_wait',
      { ...this.common(), ...this.attempts(attempt), reason, tokens, ...this.spent },
      { budget: this.ctx.budget.toState(), usage: this.ctx.limits.usage },
    );
  }

  /** A dispatch ended by itself or by us. A mock costs nothing, unless its script says so: then nothing is told of that. */
  used({ usage, cost, outputTokens, tokens, model }: NodeOutcome, service: string): void {
    this.tokens = tokens;
    if (!this.ctx.realBackend) this.spent = this.call.options['mockCost'] === undefined ? {} : { cost };
    // Outcomes of older versions tell nothing.
    else if (usage === undefined) this.spent = {};
    else this.spent = { service, usage, cost: cost ?? null, ...(usage === null ? { outputTokens } : {}), ...(model === undefined ? {} : { answered: model }) };
  }

  /** A dispatch was ended for another, or with its run: neither its failure nor an attempt of its node, but it has its price. */
  cut(attempt: number, reason: 'restart' | 'stopped'): void {
    if (Object.keys(this.spent).length === 0) return;
    this.ctx.journal.emit(
      'agent_cut',
      { ...this.common(), ...this.attempts(attempt), reason, tokens: this.tokens, ...this.spent },
      { budget: this.ctx.budget.toState(), usage: this.ctx.limits.usage },
    );
  }

  /** A node that waited is dispatched again. */
  goOn(attempt: number): void {
    const changed = this.call.restartedWith ? this.asked() : {};
    this.ctx.journal.emit('agent_continue', { ...this.common(), ...changed, ...this.attempts(attempt) });
  }

  worktreeStart(dir: string): void {
    this.ctx.journal.emit('worktree_start', {
      label: this.call.settings.label,
      phase: this.call.settings.phase,
      dir,
      key: this.call.key,
      ...placeOf(this.call.scope),
    });
  }

  worktreeDone(dir: string, changed: boolean, files: number): void {
    this.ctx.journal.emit('worktree_done', {
      label: this.call.settings.label,
      phase: this.call.settings.phase,
      dir,
      key: this.call.key,
      changed,
      files,
      ...placeOf(this.call.scope),
    });
  }

  /** An event that the activity reported. */
  reported(type: string, fields: Record<string, Json>): void {
    if (type === 'warning') return this.ctx.warn(String(fields['message']));
    this.ctx.journal.emit(type, { ...fields, key: this.call.key });
  }

  // What was asked of whom, as declared.
  private asked(): Record<string, unknown> {
    const { settings, schema, inputs, skills, retry, prompt, options } = this.call;
    const config = {
      runtime: settings.runtime,
      model: settings.model ?? 'inherit',
      provider: settings.provider,
      schema: schema?.name,
      isolation: settings.isolation,
      inputs: inputs?.patterns,
      skills: skills?.ids,
      agentType: settings.agentType,
      effort: options['effort'] === undefined ? undefined : settings.effort,
      timeout: settings.timeoutMs === null ? undefined : settings.timeoutMs / 1000,
      maxAttempts: retry.maxAttempts > 1 ? retry.maxAttempts : undefined,
      maxTurns: this.call.maxTurns,
      limits: options['limits'],
    };
    const { hashed } = inputs ?? {};
    const read = hashed?.ok ? { inputs: { sha256: hashed.sha256, files: hashed.files, bytes: hashed.bytes } } : {};
    const kept = skills ? { skills: skills.loaded.map(({ id, from, sha256 }) => ({ id, from, sha256 })) } : {};
    return { runtime: settings.runtime, model: settings.model ?? 'inherit', promptPreview: cutCodePoints(prompt, previewLength), config, ...read, ...kept };
  }

  // What a later resume compares.
  private identity(): { fingerprint: string; parts: string; schema: string | null } {
    return { fingerprint: this.call.fingerprint, parts: this.call.parts, schema: this.call.schema?.name ?? null };
  }

  private common(): Record<string, unknown> {
    const { index, key, settings, scope, failover, restartedWith } = this.call;
    const place = { index, key, label: settings.label, phase: settings.phase, agentType: settings.agentType, ...placeOf(scope) };
    const common = restartedWith ? { ...place, restartedWith } : place;
    return failover ? { ...common, failover: { from: failover.from, to: failover.to } } : common;
  }

  private attempts(attempt: number): { attempt: number; maxAttempts: number } {
    return { attempt, maxAttempts: this.call.retry.maxAttempts };
  }
}
