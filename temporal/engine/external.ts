import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { OdwError } from '../../src/errors/error.ts';
import { knownCluster } from './clusters.ts';
import type { Engine } from './engine.ts';
import { engineLayout } from './layout.ts';

/**
 * The external cluster that the standard Temporal configuration names (TEMPORAL_* variables, profiles), or undefined when it names none.
 * Connects to nothing.
 *
 * @throws OdwError `engine-config` when the configuration is faulty
 */
export async function externalEngine(env: NodeJS.ProcessEnv): Promise<Engine | undefined> {
  if (!mayBeConfigured(env)) return undefined;
  const { loadClientConnectConfig } = await import('@temporalio/envconfig');
  const overrideEnvVars = Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));
  let config;
  try {
    config = loadClientConnectConfig({ overrideEnvVars: { ...overrideEnvVars, ...homeOf(env) } });
  } catch (error) {
    throw new OdwError('engine-config', `the Temporal configuration cannot be used: ${(error as Error).message}`, { cause: error });
  }
  const address = config.connectionOptions.address;
  if (!address) {
    // A named profile is a wish for that cluster; running on a local server instead would be a silent surprise.
    const wished = env['TEMPORAL_PROFILE'];
    if (wished) throw new OdwError('engine-config', `the Temporal profile ${wished} has no address`, { fields: { profile: wished } });
    return undefined;
  }
  const namespace = config.namespace ?? 'default';
  const known = knownCluster(engineLayout(env).clusters, address, namespace);
  return {
    address,
    namespace,
    uiUrl: null,
    managed: false,
    connection: config.connectionOptions,
    searchAttributes: known?.searchAttributes ?? false,
    ...(known?.warning ? { warning: known.warning } : {}),
  };
}

// The parser is not loaded on the usual path, where nothing is configured.
function mayBeConfigured(env: NodeJS.ProcessEnv): boolean {
  if (env['TEMPORAL_ADDRESS'] || env['TEMPORAL_PROFILE'] || env['TEMPORAL_CONFIG_FILE']) return true;
  return profileFiles(env).some((path) => existsSync(path));
}

function profileFiles(env: NodeJS.ProcessEnv): string[] {
  const end = ['temporalio', 'temporal.toml'];
  if (process.platform === 'win32') return env['APPDATA'] ? [join(env['APPDATA'], ...end)] : [];
  const home = env['HOME'] ?? homedir();
  if (process.platform === 'darwin') return [join(home, 'Library', 'Application Support', ...end)];
  return [join(env['XDG_CONFIG_HOME'] || join(home, '.config'), ...end)];
}

function homeOf(env: NodeJS.ProcessEnv): Record<string, string> {
  return env['HOME'] ? {} : { HOME: homedir() };
}
