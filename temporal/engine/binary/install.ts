import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isOdwError, OdwError } from '../../../src/errors/error.ts';
import { engineLayout } from '../layout.ts';
import { homeError, withLock } from '../with-lock.ts';
import { buildBinary } from './build.ts';
import { downloadBinary } from './download.ts';
import { findBinary, findOnPath, type BinarySearch, type EngineBinary } from './find.ts';
import { pinnedVersion, readVersion } from './version.ts';

/**
 * A Temporal CLI that can serve: one that is already here, else the official download into ODW_HOME/bin, else built there from source with Go.
 * Several processes at once: one works, the others wait and use what it made.
 *
 * @throws OdwError `engine-no-binary`, `engine-build-failed`, `engine-binary-unusable`
 */
export async function obtainBinary(search: BinarySearch = {}): Promise<EngineBinary> {
  return (await findBinary(search)).binary ?? (await installBinary(search));
}

/** Installs the pinned version into ODW_HOME/bin unless a suitable one is there by the time the install lock is held. `force` installs in any case. */
export async function installBinary(search: BinarySearch & { force?: boolean } = {}): Promise<EngineBinary> {
  const env = search.env ?? process.env;
  const layout = engineLayout(env);
  const onWait = (holder: { pid: number }, waitedMs: number) =>
    search.onProgress?.({
      phase: 'wait',
      message: `waiting for process ${holder.pid}, which is installing the Temporal server (${Math.round(waitedMs / 1000)} s)`,
    });
  return withLock(layout.installLock, { onWait }, async () => {
    const found = search.force ? { tried: [] } : await findBinary({ ...search, onProgress: () => {} });
    if (found.binary) return found.binary;
    try {
      mkdirSync(dirname(layout.binary), { recursive: true });
      removeLeftovers(layout.binary);
    } catch (error) {
      throw homeError(error, layout.binary);
    }
    const temporary = `${layout.binary}.tmp.${process.pid}`;
    try {
      return await makeBinary(temporary, layout.binary, found.tried, env, search);
    } catch (error) {
      throw homeError(error, layout.binary);
    } finally {
      rmSync(temporary, { force: true });
    }
  });
}

async function makeBinary(temporary: string, binary: string, tried: string[], env: NodeJS.ProcessEnv, search: BinarySearch): Promise<EngineBinary> {
  const refused = await downloadBinary(temporary, binary, { env, ...(search.onProgress ? { onProgress: search.onProgress } : {}) });
  if (refused === undefined) return checked(binary, 'download');
  tried.push(refused);
  search.onProgress?.({ phase: 'download', message: refused });
  const go = findOnPath('go', env);
  if (!go) {
    tried.push('there is no Go (go) on PATH to build it with');
    throw noBinary(tried);
  }
  try {
    await buildBinary(go, temporary, binary, { env, ...(search.onProgress ? { onProgress: search.onProgress } : {}) });
  } catch (error) {
    if (!isOdwError(error)) throw error;
    throw new OdwError(error.slug, `${error.message}\nBefore that: ${tried.join('; ')}`, { fields: { ...error.fields, tried }, cause: error });
  }
  return checked(binary, 'build');
}

async function checked(path: string, origin: 'download' | 'build'): Promise<EngineBinary> {
  const version = await readVersion(path);
  if ('problem' in version) throw new OdwError('engine-binary-unusable', `${path} was installed, but ${version.problem}`, { fields: { path } });
  return { path, version, origin };
}

function noBinary(tried: string[]): OdwError {
  return new OdwError('engine-no-binary', `there is no Temporal server program to start: ${tried.join('; ')}`, {
    fields: { tried },
    next: [
      `Do one of these: install Go 1.26 or later (odw then builds the server once);`,
      `install the Temporal CLI ${pinnedVersion.cli} or later and put it on PATH or name it in ODW_TEMPORAL_BIN;`,
      `set TEMPORAL_ADDRESS to a running Temporal cluster; or allow the download.`,
    ].join(' '),
  });
}

// Temporary files of installers that were killed. The lock is held, so none is in use.
function removeLeftovers(binary: string): void {
  const folder = dirname(binary);
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) if (name.startsWith(`${basename(binary)}.tmp.`)) rmSync(join(folder, name), { force: true });
}
