import { createHash } from 'node:crypto';
import { chmodSync, createWriteStream, renameSync, rmSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { EngineOptions } from '../engine.ts';
import { extractFromTarGz } from './tar.ts';
import { pinnedVersion } from './version.ts';

const officialSite = 'https://github.com/temporalio/cli/releases/download';

/** No answer within this time means there is no network worth waiting for. */
const connectMs = 5_000;

/** A transfer that stands still for this long is given up. */
const stallMs = 20_000;

/** Name of the release archive for a platform; undefined when none is published. */
export function archiveName(platform: NodeJS.Platform, arch: string, version: string = pinnedVersion.cli): string | undefined {
  const os = { linux: 'linux', darwin: 'darwin', win32: 'windows' }[platform as string];
  const cpu = { x64: 'amd64', arm64: 'arm64' }[arch];
  return os && cpu ? `temporal_cli_${version}_${os}_${cpu}.tar.gz` : undefined;
}

/**
 * Downloads the pinned release, checks it against the published SHA-256, and puts the program at `destination`.
 * `ODW_NO_DOWNLOAD=1` forbids it; `ODW_DOWNLOAD_URL` names a mirror with the same layout.
 *
 * @returns undefined on success, else why there was no download, as a clause
 * @throws file system errors only
 */
export async function downloadBinary(temporary: string, destination: string, options: EngineOptions): Promise<string | undefined> {
  const env = options.env ?? process.env;
  if (env['ODW_NO_DOWNLOAD'] && env['ODW_NO_DOWNLOAD'] !== '0') return 'the download is forbidden by ODW_NO_DOWNLOAD';
  const name = archiveName(process.platform, process.arch);
  if (!name) return `there is no download for ${process.platform} on ${process.arch}`;
  const folder = `${(env['ODW_DOWNLOAD_URL'] || officialSite).replace(/\/+$/, '')}/v${pinnedVersion.cli}`;
  const archive = `${temporary}.tar.gz`;
  try {
    const digest = await fetchToFile(`${folder}/${name}`, archive, options);
    const published = await publishedDigest(`${folder}/checksums.txt`, name);
    if (published !== undefined && published !== digest) return `the download from ${folder} was refused: its SHA-256 is ${digest}, published is ${published}`;
    if (!(await extractFromTarGz(archive, /^(\.\/)?temporal(\.exe)?$/, temporary))) return `the download from ${folder} holds no temporal program`;
    chmodSync(temporary, 0o755);
    renameSync(temporary, destination);
    return undefined;
  } catch (error) {
    if (isDiskError(error)) throw error;
    return `the download from ${folder} failed: ${reason(error)}`;
  } finally {
    rmSync(archive, { force: true });
  }
}

async function fetchToFile(url: string, path: string, options: EngineOptions): Promise<string> {
  options.onProgress?.({ phase: 'download', message: `downloading Temporal CLI ${pinnedVersion.cli}` });
  const watch = watchdog();
  try {
    watch.expect(connectMs, `no connection within ${connectMs / 1000} s`);
    const response = await fetch(url, { signal: watch.signal });
    if (!response.ok || !response.body) throw new Error(`the server answered ${response.status}`);
    const total = Number(response.headers.get('content-length')) || undefined;
    const hash = createHash('sha256');
    let done = 0;
    const count = async function* (body: AsyncIterable<Uint8Array>) {
      for await (const chunk of body) {
        watch.expect(stallMs, `no data for ${stallMs / 1000} s`);
        done += chunk.length;
        hash.update(chunk);
        options.onProgress?.({ phase: 'download', message: `downloading Temporal CLI ${pinnedVersion.cli}`, done, ...(total ? { total } : {}) });
        yield chunk;
      }
    };
    watch.expect(stallMs, `no data for ${stallMs / 1000} s`);
    await pipeline(response.body as unknown as AsyncIterable<Uint8Array>, count, createWriteStream(path));
    return hash.digest('hex');
  } catch (error) {
    throw watch.signal.aborted ? watch.signal.reason : error;
  } finally {
    watch.stop();
  }
}

// A mirror may lack the list; the transfer is then guarded by TLS and the archive's own check sum.
async function publishedDigest(url: string, name: string): Promise<string | undefined> {
  const response = await fetch(url, { signal: AbortSignal.timeout(connectMs) });
  if (response.status === 404) return undefined;
  if (!response.ok) throw new Error(`the server answered ${response.status} for checksums.txt`);
  const line = (await response.text()).split('\n').find((one) => one.trim().endsWith(` ${name}`) || one.trim().endsWith(`*${name}`));
  return line?.trim().split(/\s+/)[0]?.toLowerCase();
}

function watchdog() {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  return {
    signal: controller.signal,
    expect(ms: number, otherwise: string) {
      clearTimeout(timer);
      timer = setTimeout(() => controller.abort(new Error(otherwise)), ms);
    },
    stop: () => clearTimeout(timer),
  };
}

function isDiskError(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT', 'EACCES', 'EPERM', 'EROFS'].includes((error as NodeJS.ErrnoException).code ?? '');
}

function reason(error: unknown): string {
  const cause = (error as { cause?: { message?: string; code?: string } }).cause;
  return (cause?.code ?? cause?.message ?? (error as Error).message).split('\n')[0] ?? 'unknown';
}
