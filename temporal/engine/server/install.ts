import { installBinary, obtainBinary } from '../binary/install.ts';
import type { EngineBinary } from '../binary/find.ts';
import type { EngineOptions } from '../engine.ts';

/**
 * Makes sure a server program is on this machine, without starting it. `force` downloads or builds the pinned version into ODW_HOME/bin
 * even when another one would do.
 *
 * @throws OdwError `engine-no-binary`, `engine-build-failed`, `engine-binary-unusable`
 */
export function installServer(options: EngineOptions & { force?: boolean } = {}): Promise<EngineBinary> {
  return options.force ? installBinary({ ...options, force: true }) : obtainBinary(options);
}
