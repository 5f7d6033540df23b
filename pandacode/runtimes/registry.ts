import { acp } from './acp/acp.ts';
import { bamboo } from './bamboo/bamboo.ts';
import { claude } from './claude/claude.ts';
import { codex } from './codex/codex.ts';
import type { Runtime, RuntimeName } from './runtime.ts';

const built: Record<RuntimeName, Runtime> = { claude, codex, bamboo, acp };

/** The runtimes of this build, in the order of `doctor`. */
export const runtimes: readonly Runtime[] = [codex, claude, bamboo, acp];

/** The runtime of a name. */
export function runtimeNamed(name: RuntimeName): Runtime {
  return built[name];
}
