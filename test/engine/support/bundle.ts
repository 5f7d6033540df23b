import { mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** Bundles a TypeScript program of the tests, so that plain Node can run it as a process of its own. Packages stay outside. */
export async function bundleProgram(path: string): Promise<string> {
  const folder = join(root, 'node_modules', '.cache', 'odw-test', String(process.pid));
  mkdirSync(folder, { recursive: true });
  const outfile = join(folder, `${basename(path, '.ts')}.mjs`);
  await build({ entryPoints: [path], outfile, bundle: true, platform: 'node', format: 'esm', packages: 'external', logLevel: 'error' });
  return outfile;
}
