import { runtimes } from '../../runtimes/registry.ts';
import type { DiagnoseRequest, Diagnosis, Runtime, RuntimeName } from '../../runtimes/runtime.ts';

const capabilities = {
  task_execution: true,
  resume: true,
  answer: true,
  interrupt: true,
  stop: true,
  model: true,
  effort: true,
  permissions_supported: ['max', 'limited'],
  timeout: true,
  token_budget: true,
  provider_cache: false,
  auto_compact: true,
  verify_commands: false,
  structured_output: true,
  report_file: true,
  detach_safe: true,
};

/** Checks what each runtime needs: its CLI and a login or key. No model is called, unless `live` asks for it. */
export async function doctor(
  workspace: string,
  only: RuntimeName | undefined,
  bins: Partial<Record<RuntimeName, string>>,
  env: NodeJS.ProcessEnv,
  more: Pick<DiagnoseRequest, 'provider' | 'live'> = {},
): Promise<Record<string, unknown>> {
  const wanted = runtimes.filter((runtime) => only === undefined || runtime.name === only);
  const parts = await Promise.all(
    wanted.map(async (runtime) => {
      const bin = bins[runtime.name];
      const found = section(runtime, workspace, await runtime.diagnose({ ...more, workspace, ...(bin ? { bin } : {}) }, env));
      // Bamboo needs no program to be started, and makes its call itself.
      const live = more.live && found.ok && found.live_check === null ? await (await import('./live-check.ts')).liveCheck(runtime, bin, env) : found.live_check;
      return [runtime.name, { ...found, live_check: live }] as const;
    }),
  );
  const sections: Record<string, { ok: boolean }> = Object.fromEntries(parts);
  return { ok: Object.values(sections).some((one) => one.ok), state: 'checked', ...sections };
}

function section(runtime: Runtime, workspace: string, found: Diagnosis): { ok: boolean; live_check: unknown; [field: string]: unknown } {
  const isBamboo = runtime.name === 'bamboo';
  const state = found.version === null ? 'missing_requirements' : found.configured ? 'available' : 'configuration_needed';
  return {
    ok: state === 'available',
    state,
    runtime: runtime.name,
    workspace,
    driver: runtime.driver,
    requirements: found.requirements,
    missing: found.missing,
    // Claude's own budget flag, bamboo's price file; for codex one is needed.
    capabilities: { ...capabilities, cost_budget: runtime.name === 'claude' || isBamboo, ...(isBamboo ? { provider_cache: true, verify_commands: true } : {}) },
    version: found.version,
    warnings: found.warnings,
    live_check: null,
    ...found.extra,
  };
}
