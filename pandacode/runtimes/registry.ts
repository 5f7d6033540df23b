import { OdwError } from '../../src/errors/error.ts';
import { acp } from './acp/acp.ts';
import { claude } from './claude/claude.ts';
import { codex } from './codex/codex.ts';
import type { Runtime, RuntimeName } from './runtime.ts';

const built: Partial<Record<RuntimeName, Runtime>> = { claude, codex, acp };

/** The runtimes of this build, in the order of `doctor`. */
export const runtimes: readonly Runtime[] = [codex, claude, acp];

/** The runtime of a name, or a `not_installed` error when this build does not have it. */
export function runtimeNamed(name: RuntimeName): Runtime {
  const runtime = built[name];
  if (!runtime)
    throw new OdwError('executor-not-installed', `this build of pandacode does not have the ${name} runtime yet`, {
      next: 'Use the claude, codex or acp runtime.',
    });
  return runtime;
}
