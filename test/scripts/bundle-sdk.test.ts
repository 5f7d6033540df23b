import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, describe, expect, it } from 'vitest';
import { buildWorkflowThread, nativeBridge, temporalSdk } from '../../scripts/bundle-sdk.mjs';

const require = createRequire(import.meta.url);
// Inside the project, for the thread looks for the bridge from where it lies.
const folder = mkdtempSync(fileURLToPath(new URL('../../node_modules/.odw-bundle-sdk-', import.meta.url)));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Bundles a module of the given text and runs it, with the native bridge where packages are. */
async function run(text: string) {
  const outfile = join(folder, 'out.mjs');
  const banner = {
    js: `import { createRequire, isBuiltin } from 'node:module'; const require = createRequire('${import.meta.url}'); const __chunkUrl = import.meta.url;`,
  };
  const stdin = { contents: text, resolveDir: import.meta.dirname };
  const { metafile } = await build({
    metafile: true,
    stdin,
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    external: [nativeBridge],
    plugins: [temporalSdk],
    banner,
    logLevel: 'silent',
  });
  const imports = Object.values(metafile.outputs).flatMap((output) => output.imports);
  const packages = [...new Set(imports.filter(({ external, path }) => external && !isBuiltin(path)).map(({ path }) => path))];
  return { packages, said: execFileSync(process.execPath, [outfile], { encoding: 'utf8' }) };
}

describe('the bundled SDK', () => {
  it('holds client and worker, and imports no package', async () => {
    const { said, packages } = await run(`
      import { Client } from '@temporalio/client';
      const { Worker, NativeConnection } = await import('@temporalio/worker');
      console.log(typeof Client, typeof Worker.create, typeof NativeConnection.connect);
    `);
    expect(said).toBe('function function function\n');
    expect(packages).toEqual([]);
  });

  it('takes a thread that was started ahead, and starts one of its own when there is none', async () => {
    const init = `{ threadPoolSize: 1, workflowBundle: { code: '', filename: 'x', sourceMap: {} }, isolateExecutionTimeoutMs: 1, reuseV8Context: false, registeredActivityNames: new Set(), logger: console }`;
    await buildWorkflowThread(join(folder, 'workflow-thread.cjs'));
    const { said } = await run(`
      import { Worker } from 'node:worker_threads';
      import { ThreadedVMWorkflowCreator } from '@temporalio/worker/lib/workflow/threaded-vm.js';
      const ahead = new Worker(new URL('workflow-thread.cjs', import.meta.url));
      let asked = 0;
      globalThis[Symbol.for('odw.workflow-thread')] = () => (asked++ === 0 ? ahead : undefined);
      const first = await ThreadedVMWorkflowCreator.create(${init});
      const second = await ThreadedVMWorkflowCreator.create(${init});
      const threads = [first, second].map((creator) => creator.workerThreadClients[0].workerThread);
      console.log(asked, threads[0] === ahead, threads[1] instanceof Worker, threads[1] === ahead);
      await first.destroy();
      await second.destroy();
    `);
    expect(said).toBe('2 true true false\n');
  });

  it('refuses an SDK whose text is not what it replaces', async () => {
    const path = join(folder, 'core-bridge');
    mkdirSync(path);
    writeFileSync(join(path, 'common.js'), 'exports.getPrebuiltPath = () => import.meta.dirname;');
    await expect(run(`import '${join(path, 'common.js')}'`)).rejects.toThrow(/does not hold path\.resolve\(__dirname, once: the SDK changed/);
  });

  it('finds the machine code of the bridge beside its package', () => {
    expect(readFileSync(join(dirname(require.resolve(nativeBridge)), 'common.js'), 'utf8')).toContain("path.resolve(__dirname, 'releases'");
  });
});
