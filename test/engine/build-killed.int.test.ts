import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { identify } from '../../system/process-table.ts';
import { startOdw } from '../support/odw.ts';
import { makeHome } from './support/home.ts';
import { writeProgram } from './support/programs.ts';

// Go itself ends what it started and removes its own folder when it is interrupted; this one says which signal came.
const slowGo = `
case "$1" in
list) echo fmt ;;
build) trap 'echo interrupted > "$HOME/signal"; exit 1' INT; echo $$ > "$HOME/pid"; while :; do sleep 0.1; done ;;
esac`;

it.each(['SIGTERM', 'SIGINT'] as const)('%s in the middle of the build ends Go too and leaves no files', async (signal) => {
  const home = makeHome({ ODW_NO_DOWNLOAD: '1' });
  writeProgram(join(home.path, 'bin', 'go'), slowGo);
  const temporary = join(home.path, 'tmp');
  mkdirSync(temporary);
  const env = { ...home.env, PATH: `${join(home.path, 'bin')}:/usr/bin:/bin`, TMPDIR: temporary, ODW_TEMPORAL_BIN: undefined, TEMPORAL_ADDRESS: undefined };
  const installing = startOdw(['server', 'install'], { cwd: home.path, env });
  await installing.until(/building Temporal CLI/);
  await expect.poll(() => existsSync(join(home.path, 'pid')) && readFileSync(join(home.path, 'pid'), 'utf8').trim(), { timeout: 30_000 }).toMatch(/^\d+$/);
  expect(readdirSync(temporary)).toEqual([expect.stringMatching(/^odw-build-/)]);
  installing.child.kill(signal);
  expect((await installing.end).signal).toBe(signal);
  const pid = Number(readFileSync(join(home.path, 'pid'), 'utf8'));
  expect(pid).toBeGreaterThan(1);
  await expect.poll(() => existsSync(join(home.path, 'signal')), { timeout: 30_000 }).toBe(true);
  await expect.poll(() => identify(pid), { timeout: 30_000 }).toBe(undefined);
  expect(readdirSync(temporary)).toEqual([]);
});
