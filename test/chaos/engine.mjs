// A server of its own for the chaos run, with the program that this machine already has.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const odw = fileURLToPath(new URL('../../dist/cli/odw.js', import.meta.url));

export function prepareEngine(home) {
  const binary = JSON.parse(execFileSync(process.execPath, [odw, 'server', 'install', '--json'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }));
  const env = { ...process.env, ODW_HOME: home, ODW_TEMPORAL_BIN: binary.path };
  execFileSync(process.execPath, [odw, 'server', 'start', '--json'], { env, stdio: 'ignore' });
  return { env, stop: () => execFileSync(process.execPath, [odw, 'server', 'stop', '--json'], { env, stdio: 'ignore' }) };
}
