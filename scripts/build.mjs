#!/usr/bin/env node
// Builds dist/: the two commands, split into chunks so that each command loads only what it needs, and the workflow bundle.
import { rmSync } from 'node:fs';
import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { build, transform } from 'esbuild';
import { buildWorkflowThread, nativeBridge, temporalSdk } from './bundle-sdk.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');
const fresh = join(root, `dist.${process.pid}`);

const banner =
  "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url); const __chunkUrl = import.meta.url;";
// What is loaded once stays at hand for every chunk of the process. By itself Node looks for the file again when another chunk asks for it, and a host
// whose dist/ was replaced by an upgrade would fail over a part that it has (system/load-ahead.ts).
const keptParts =
  "const __part = (globalThis[Symbol.for('odw.parts')] ??= ((kept) => (name, load) => { let part = kept.get(name); if (!part) { kept.set(name, (part = load())); part.catch(() => kept.delete(name)); } return part; })(new Map()));";

const commands = {
  'cli/odw': 'cli/odw.ts',
  'pandacode/pandacode': 'pandacode/pandacode.ts',
};

// A failed build leaves the present dist/ as it is, and nothing beside it.
process.on('exit', () => rmSync(fresh, { recursive: true, force: true }));
await mkdir(fresh, { recursive: true });
await Promise.all([buildCommands(), buildWorkflowBundle(), buildWorkflowThread(join(fresh, 'workflow-thread.cjs'))]);
await rm(dist, { recursive: true, force: true });
await rename(fresh, dist);

async function buildCommands() {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: Object.entries(commands).map(([out, input]) => ({ out, in: input })),
    outdir: fresh,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    minifyWhitespace: true,
    // Large packages and those with native parts stay packages; small ones are bundled, which halves the start-up time.
    external: [nativeBridge, 'typescript', 'ts-blank-space', 'ink', 'react', 'playwright-core'],
    plugins: [temporalSdk],
    banner: { js: `${banner} ${keptParts}` },
    metafile: true,
    logLevel: 'warning',
  });
  await keepParts(metafile.outputs);
  for (const out of Object.keys(commands)) {
    const path = join(fresh, `${out}.js`);
    await writeFile(path, `#!/usr/bin/env node\n${await readFile(path, 'utf8')}`);
    await chmod(path, 0o755);
  }
}

async function keepParts(outputs) {
  for (const [output, { imports }] of Object.entries(outputs)) {
    const late = imports.filter(({ kind, external }) => kind === 'dynamic-import' && !external);
    if (late.length === 0) continue;
    const path = join(root, output);
    let replaced = 0;
    const text = (await readFile(path, 'utf8')).replace(/\bimport\("((?:\.\.?\/)+([\w-]+\.js))"\)/g, (call, _path, name) => {
      replaced++;
      return `__part("${name}",()=>${call})`;
    });
    if (replaced < late.length)
      throw new Error(`${output} loads ${late.length} parts late, and ${replaced} were found in its text: esbuild changed how it writes them`);
    await writeFile(path, text);
  }
}

// The SDK insists on an inline source map; an empty one loads faster and saves two thirds of the file.
async function buildWorkflowBundle() {
  const { bundleWorkflowCode, DefaultLogger } = await import('@temporalio/worker');
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(root, 'workflows/index.ts'),
    payloadConverterPath: join(root, 'workflows/sandbox/payload-converter.ts'),
    workflowInterceptorModules: [join(root, 'workflows/sandbox/interceptors.ts')],
    logger: new DefaultLogger('ERROR'),
  });
  const marker = '//# sourceMappingURL=data:application/json';
  const empty = Buffer.from(JSON.stringify({ version: 3, sources: [], mappings: '' })).toString('base64');
  const cut = code.lastIndexOf(marker);
  if (cut === -1) throw new Error('the workflow bundle has no inline source map: the SDK changed its bundle format');
  // Every run's thread parses the bundle: without comments and blanks it does so in half the time.
  const slim = await transform(code.slice(0, cut), { minifyWhitespace: true, target: 'node20' });
  await writeFile(join(fresh, 'workflow-bundle.js'), `${slim.code}${marker};base64,${empty}\n`);
}
