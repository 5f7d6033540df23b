import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { identify } from '../../system/process-table.ts';
import { startOdw } from '../support/odw.ts';
import { makeHome } from './support/home.ts';
import { writeProgram } from './support/programs.ts';

// Like Go, it works in a temporary folder, and does not come to remove it when it is ended.
const slowGo = `
case "$1" in
list) echo fmt ;;
build) if [ -n "$GOTMPDIR" ]; then folder="$GOTMPDIR"; else folder="$TMPDIR"; fi; mkdir "$folder/go-build1"; echo half > "$folder/go-build1/a.o"; echo $$ > "$HOME/pid"; while :; do sleep 0.1; done ;;
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
  await expect.poll(() => identify(pid), { timeout: 30_000 }).toBe(undefined);
  expect(readdirSync(temporary)).toEqual([]);
});
