import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { odwHome } from '../../system/paths.ts';
import { installServer, stopServer } from '../../temporal/engine/index.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Prepares a test session that may use the server or the built commands: dist/ is as new as the sources, the server program is found (or built, once a machine),
 * and `ODW_HOME` is a temporary folder, whose server is stopped at the end. Nothing else of the caller's odw or Temporal settings reaches a test.
 * `ODW_TEST_CACHE` names the caller's own ODW_HOME, for what may be kept from one session to the next.
 */
export default async function setup(): Promise<() => Promise<void>> {
  buildWhenStale();
  const cache = odwHome();
  const { path } = await installServer({ onProgress: reportPhases() });
  for (const name of Object.keys(process.env)) if (/^(ODW_(?!TEST_)|TEMPORAL_)/.test(name)) delete process.env[name];
  const home = mkdtempSync(join(tmpdir(), 'odw-test-'));
  Object.assign(process.env, { ODW_HOME: home, ODW_TEMPORAL_BIN: path, ODW_TEST_CACHE: cache });
  return async () => {
    await stopServer({ env: { ...process.env, ODW_HOME: home } });
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  };
}

function buildWhenStale(): void {
  const built = statSync(join(root, 'dist/workflow-bundle.js'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const sources = ['cli', 'temporal', 'activities', 'workflows', 'pandacode', 'src', 'schemas', 'system', 'scripts'];
  if (sources.every((folder) => newest(join(root, folder)) < built)) return;
  const build = spawnSync(process.execPath, [join(root, 'scripts/build.mjs')], { stdio: ['ignore', 'inherit', 'inherit'] });
  if (build.status === 0) return;
  const problem = `npm run build failed (exit ${build.status ?? build.signal}): tests that start the built commands would run old code`;
  if (process.env['CI']) throw new Error(problem);
  process.stderr.write(`${problem}\n`);
}

function newest(folder: string): number {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return entries.reduce((latest, entry) => Math.max(latest, statSync(join(entry.parentPath, entry.name)).mtimeMs), 0);
}

// A build from source takes minutes: say what goes on, once a phase.
function reportPhases(): (progress: { phase: string; message: string }) => void {
  let last = '';
  return ({ phase, message }) => {
    if (phase !== last) process.stderr.write(`${message}\n`);
    last = phase;
  };
}
