import { invalidRequest } from '../errors/raise.ts';
import { generatedSession, sessionName } from '../state/session-name.ts';
import { latestSession, type SessionRecord } from '../state/session-record.ts';
import type { Choice } from '../runtimes/runtime.ts';
import type { RunSettings } from './settings.ts';

/** The session that the settings mean: `latest` starts a new one on exec and follows the pointer elsewhere. */
export function resolveSession(settings: RunSettings): string {
  const { runtime, stateDir, session, action } = settings;
  if (session !== 'latest') return sessionName(session);
  if (action === 'exec') return generatedSession(runtime.name, Date.now(), process.pid);
  const latest = latestSession(stateDir, runtime.name);
  if (!latest) throw invalidRequest(`${runtime.title} has no session in ${settings.workspace}`);
  return latest.session;
}

/** Refuses to continue a session that is unknown, does not wait, or has no conversation. */
export function checkResumable(settings: RunSettings, session: string, record: SessionRecord | undefined): void {
  const { runtime, action } = settings;
  if (!record) throw invalidRequest(`${runtime.title} has no session ${session} in ${settings.workspace}`);
  if (action === 'answer' && record.state !== 'waiting_for_user') throw invalidRequest(`${runtime.title} session ${session} is not waiting for user input`);
  if (!record.thread_id) throw invalidRequest(`${runtime.title} session ${session} has no conversation to continue`);
  if (record.artifacts['persisted'] === false) throw invalidRequest(`${runtime.title} session ${session} was run with --no-persist, so it cannot be continued`);
}

/** The record of a run at its start. A new conversation of an old name keeps the earlier ones in its history. */
export function newRecord(settings: RunSettings, session: string, earlier: SessionRecord | undefined, choice?: Choice): SessionRecord {
  const { runtime, workspace, env } = settings;
  const now = Date.now();
  const isNew = settings.action === 'exec';
  const kept = isNew ? undefined : earlier;
  return {
    runtime: runtime.name,
    session,
    driver: runtime.driver,
    workspace,
    run_id: runtime.runId?.(kept?.thread_id ?? null, now) ?? `${runtime.name}-${now}-${process.pid}`,
    thread_id: kept?.thread_id ?? null,
    thread_path: kept?.thread_path ?? null,
    model: choice?.model ?? settings.model ?? kept?.model ?? runtime.defaultModel(env),
    ...(choice ? { provider: choice.provider } : {}),
    effort: settings.effort ?? kept?.effort ?? runtime.defaultEffort,
    permission: settings.permission ?? kept?.permission ?? 'max',
    state: 'running',
    artifacts: { ...kept?.artifacts, ...choice?.artifacts, persisted: settings.options.persist },
    history: earlier
      ? [...(earlier.history ?? []), ...(isNew ? [{ thread_id: earlier.thread_id, run_id: earlier.run_id, ended_ms: earlier.updated_ms }] : [])]
      : [],
    created_ms: kept?.created_ms ?? now,
    updated_ms: now,
    tmux_name: null,
    ...(kept?.baseline ? { baseline: kept.baseline } : {}),
  };
}
