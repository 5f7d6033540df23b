import { runtimes } from '../../runtimes/registry.ts';
import type { DiagnoseRequest, RuntimeName } from '../../runtimes/runtime.ts';

/** The models that each runtime offers. A missing CLI fails for its part only. */
export async function models(
  only: RuntimeName | undefined,
  bins: Partial<Record<RuntimeName, string>>,
  env: NodeJS.ProcessEnv,
  more: Pick<DiagnoseRequest, 'workspace' | 'provider'> = {},
): Promise<Record<string, unknown>> {
  const wanted = runtimes.filter((runtime) => only === undefined || runtime.name === only);
  const parts = await Promise.all(
    wanted.map(async (runtime) => {
      const bin = bins[runtime.name];
      return [runtime.name, await runtime.models({ ...more, ...(bin ? { bin } : {}) }, env)] as const;
    }),
  );
  return { ok: parts.some(([, part]) => part['ok'] === true), ...Object.fromEntries(parts) };
}
