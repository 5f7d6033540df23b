import { createHash } from 'node:crypto';
import { odwHome } from '../../../system/paths.ts';

/** What every Temporal client tries first. */
const usualPort = 7233;
const otherPorts = { from: 7240, count: 700 };

/**
 * The port that the managed server of a home asks for first: the usual one for the home that is there without settings, one by the name of the
 * folder for any other. A server that is away for a moment must find its port free again, and its hosts must not meet the server of another home there.
 * The Web UI is 1,000 further on.
 */
export function homePort(env: NodeJS.ProcessEnv): number {
  const { ODW_HOME: _own, ...others } = env;
  const home = odwHome(env);
  if (home === odwHome(others)) return usualPort;
  return otherPorts.from + (createHash('sha256').update(home).digest().readUInt32BE(0) % otherPorts.count);
}
