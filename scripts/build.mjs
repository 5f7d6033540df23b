#!/usr/bin/env node
// Builds dist/: the command odw in one file with its compiled code, pandacode in chunks so that each of its starts loads only what it needs, the workflow bundle.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
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

// What both commands share. Large packages and those with native parts stay packages; small ones are bundled, which halves the start-up time.
const common = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20',
  minifyWhitespace: true,
  external: [nativeBridge, 'typescript', 'ts-blank-space'],
  plugins: [temporalSdk],
};

// esbuild writes other characters as ASCII everywhere but in raw templates, in which the page of the report is kept.
const asciiTemplates = {
  name: 'ascii-templates',
  setup(builder) {
    builder.onLoad({ filter: /[\\/]src[\\/]report[\\/](page|style)[\\/]\w+\.ts$/ }, async ({ path }) => {
      const { code } = await transform(await readFile(path, 'utf8'), { loader: 'ts', target: 'node20', supported: { 'template-literal': false } });
      return { contents: code, loader: 'js' };
    });
  },
};

// A failed build leaves the present dist/ as it is, and nothing beside it.
process.on('exit', () => rmSync(fresh, { recursive: true, force: true }));
await mkdir(fresh, { recursive: true });
await Promise.all([buildOdw(), buildPandacode(), buildWorkflowBundle(), buildWorkflowThread(join(fresh, 'workflow-thread.cjs'))]);
makeCode();
await rm(dist, { recursive: true, force: true });
await rename(fresh, dist);

// How the command is loaded: cli/start.ts. As ASCII alone it is read in half the time, and takes half the memory.
async function buildOdw() {
  const outfile = join(fresh, 'odw.cjs');
  await build({
    ...common,
    entryPoints: ['cli/odw.ts'],
    outfile,
    plugins: [temporalSdk, asciiTemplates],
    format: 'cjs',
    define: { 'import.meta.url': '__chunkUrl' },
    banner: {
      js: "(function (exports, require, module, __filename, __dirname, __import) { const __chunkUrl = require('node:url').pathToFileURL(__filename).href;",
    },
    footer: { js: '})' },
    logLevel: 'error',
  });

  const text = (await readFile(outfile, 'utf8')).replace(/\bimport\(("[\w:@/-]+")\)/g, '__import($1)');
  // Only this way does the code that was made find what stays a package. Of a parser's texts one speaks of import() too.
  const forgotten = /(?<![\w$.])import\((?!\)).{0,40}/.exec(text);
  if (forgotten) throw new Error(`${outfile} loads a module by itself: ${forgotten[0]}`);
  await writeFile(outfile, text);
  const other = /[^\0-\x7f].{0,40}/.exec(text);
  if (other) throw new Error(`${outfile} has a character that is not ASCII; where it stands in a raw template, add the file to asciiTemplates: ${other[0]}`);
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 16);
  await build({ ...common, entryPoints: ['cli/start.ts'], outfile: join(fresh, 'cli/odw.js'), format: 'esm', define: { odwDigest: JSON.stringify(digest) } });
  await makeExecutable('cli/odw.js');
}

async function buildPandacode() {
  await build({
    ...common,
    entryPoints: { 'pandacode/pandacode': 'pandacode/pandacode.ts' },
    outdir: fresh,
    splitting: true,
    format: 'esm',
    banner: { js: banner },
    logLevel: 'warning',
  });
  await makeExecutable('pandacode/pandacode.js');
}

async function makeExecutable(name) {
  const path = join(fresh, name);
  await writeFile(path, `#!/usr/bin/env node\n${await readFile(path, 'utf8')}`);
  await chmod(path, 0o755);
}

// Any command will do: what matters is that all of the file was read by V8 once.
function makeCode() {
  const env = { ...process.env, ODW_MAKE_CODE: '1', ODW_HOME: join(fresh, 'home') };
  execFileSync(process.execPath, [join(fresh, 'cli/odw.js'), 'runs', 'list'], { cwd: fresh, env, stdio: ['ignore', 'ignore', 'inherit'] });
  rmSync(join(fresh, 'home'), { recursive: true, force: true });
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
