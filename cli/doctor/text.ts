import type { Diagnosis } from './diagnose.ts';

/** `odw doctor` for people (DOC-05 to DOC-08): lines without the last line end. */
export function doctorText(diagnosis: Diagnosis): string {
  const { runtimes, bamboo_keys: keys } = diagnosis;
  const ready = {
    node: diagnosis.node.ok,
    pandacode: diagnosis.pandacode.ok,
    codex: runtimeOk(runtimes['codex']) ?? diagnosis.codex.ok,
    claude: diagnosis.claude.ok && runtimeOk(runtimes['claude']) === true,
    bamboo: Object.values(keys).some((key) => key.ok),
  };
  const names = (wanted: boolean) =>
    Object.entries(ready)
      .flatMap(([name, ok]) => (ok === wanted ? [name] : []))
      .join(', ') || 'none';
  const claude = diagnosis.claude.ok && !ready.claude ? `${diagnosis.claude.summary} (${reason(runtimes['claude'])})` : diagnosis.claude.summary;
  const codex =
    runtimeOk(runtimes['codex']) === undefined ? diagnosis.codex.summary : ready.codex ? `ready${versionOf(runtimes['codex'])}` : reason(runtimes['codex']);
  const { concurrency } = diagnosis;
  return [
    `odw doctor: ${mark(diagnosis.ok)} hard checks; ready: ${names(true)}; needs setup: ${names(false)}`,
    '',
    `${mark(ready.node)} node: ${diagnosis.node.summary}`,
    `${mark(ready.pandacode)} pandacode: ${diagnosis.pandacode.summary}`,
    `${mark(ready.codex)} codex: ${codex}`,
    `${mark(ready.claude)} claude (Cloud): ${claude}`,
    `${ready.bamboo ? '⚠️' : '❌'} bamboo: ${Object.values(keys)
      .map((key) => (key.ok ? `${key.provider} ✅ (${key.source})` : `${key.provider} ❌ set ${key.env}`))
      .join('  ')}`,
    `${mark(diagnosis.temporal.ok)} temporal: ${diagnosis.temporal.summary}`,
    gitLine(diagnosis.git),
    `ℹ️ concurrency: ${concurrency.value} agents at once (${concurrency.source}; mock ${concurrency.mock})`,
    ...advice(runtimes),
    ...liveLines(runtimes),
  ].join('\n');
}

function gitLine({ ok, summary }: Diagnosis['git']): string {
  return `${mark(ok)} git: ${ok ? summary : `${summary}; nodes with isolation: 'worktree' need it: install git and make sure that it is on PATH`}`;
}

const runtimeNames = ['claude', 'codex', 'bamboo', 'acp'];

/** What to do for each runtime that is not ready. */
function advice(runtimes: Record<string, unknown>): string[] {
  return runtimeNames.flatMap((name) => {
    const next = (runtimes[name] as { next_action?: unknown } | undefined)?.next_action;
    return typeof next === 'string' ? [`ℹ️ ${name}: ${next}`] : [];
  });
}

interface LiveCheck {
  ok?: boolean;
  model?: string | null;
  elapsed_ms?: number;
  error?: { category?: string; message?: string } | string;
}

/** How the calls of `--live` went, one line each. */
function liveLines(runtimes: Record<string, unknown>): string[] {
  return runtimeNames.flatMap((name) => {
    const found = (runtimes[name] ?? {}) as { live_check?: LiveCheck | null; providers?: { name: string; live_check?: LiveCheck | null }[] };
    const checks = Array.isArray(found.providers)
      ? found.providers.map((one) => [`${name} ${one.name}`, one.live_check] as const)
      : [[name, found.live_check] as const];
    return checks.flatMap(([what, check]) => (check ? [`${mark(check.ok === true)} live ${what}: ${liveOutcome(check)}`] : []));
  });
}

function liveOutcome({ ok, model, elapsed_ms: elapsed, error }: LiveCheck): string {
  if (ok) return `${model ?? 'a model'} answered in ${elapsed} ms`;
  return typeof error === 'object' ? `${error.category}: ${error.message}` : (error ?? 'it failed');
}

function mark(ok: boolean): string {
  return ok ? '✅' : '❌';
}

/** `ok` of one runtime in pandacode's doctor report; undefined when the report has no word on it. */
function runtimeOk(runtime: unknown): boolean | undefined {
  const ok = typeof runtime === 'object' && runtime !== null ? (runtime as { ok?: unknown }).ok : undefined;
  return typeof ok === 'boolean' ? ok : undefined;
}

function versionOf(runtime: unknown): string {
  const version = (runtime as { version?: unknown } | undefined)?.version;
  return typeof version === 'string' ? ` (${version})` : '';
}

function reason(runtime: unknown): string {
  const { state, missing } = (typeof runtime === 'object' && runtime !== null ? runtime : {}) as { state?: unknown; missing?: unknown };
  const parts = [typeof state === 'string' ? state : 'not ready'];
  if (Array.isArray(missing) && missing.length > 0)
    parts.push(`missing ${missing.map((item) => (typeof item === 'string' ? item : JSON.stringify(item))).join(', ')}`);
  return parts.join(': ');
}
