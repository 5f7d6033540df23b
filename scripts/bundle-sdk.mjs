// Puts the Temporal SDK into the commands' bundle: its 635 files take 0.2 s to load one by one, and a third of that as a few.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';

const require = createRequire(import.meta.url);

/** What stays a package because of the machine code in it; it is found by this file. */
export const nativeBridge = '@temporalio/core-bridge/package.json';

// Packages that only bundle workflow code, which happened when odw was built.
const leftOut = /^(webpack|memfs|unionfs|swc-loader|source-map-loader)(\/.*)?$/;

// The workflow bundle has an empty source map (scripts/build.mjs), so every position has no other.
const emptyMap = 'exports.SourceMapConsumer = class { originalPositionFor() { return { source: null, line: null, column: null, name: null }; } };';

/** esbuild plugin that bundles the SDK. Its text is replaced where it names files beside itself, and where it wastes much; when it reads otherwise, the build fails. */
export const temporalSdk = {
  name: 'temporal-sdk',
  setup(builder) {
    substitute(builder, leftOut, '');
    substitute(builder, /^source-map$/, emptyMap);
    // esbuild cannot see which names a CommonJS package gives to those who import it at run time.
    builder.onResolve({ filter: /^@temporalio\// }, ({ path, kind }) => (kind === 'dynamic-import' ? { path, namespace: 'names' } : undefined));
    builder.onLoad({ filter: /.*/, namespace: 'names' }, ({ path }) => ({ contents: reExport(path), resolveDir: import.meta.dirname }));

    // Two abort signals for every payload that no storage is asked for are 0.2 s and 14 MB for 1,000 nodes.
    const batch = 'const { batchSignal, batchController } = makeBatchSignal(options.abortSignal);\n        const';
    const unlessNone = (some, context) => [
      `${batch} ${context} =`,
      `if (!payloads.some((payload) => ${some})) return payloads;\n        ${batch} ${context} =`,
    ];
    replace(
      builder,
      /internal-non-workflow[\\/]external-storage-runner\.js$/,
      unlessNone('payloadProtoSize(payload) >= payloadSizeThreshold', 'selectCtx'),
      unlessNone('(0, extstore_helpers_1.isReferencePayload)(payload)', 'retrieveCtx'),
    );

    const newThread = 'new node_worker_threads_1.Worker';
    replace(
      builder,
      /worker[\\/]lib[\\/]workflow[\\/]threaded-vm\.js$/,
      // One that was started ahead (temporal/worker/thread.ts), else a new one. The build puts __chunkUrl at the head of each file.
      [
        `${newThread}(require.resolve('./workflow-worker-thread'))`,
        `(globalThis[Symbol.for('odw.workflow-thread')]?.() ?? ${newThread}(new URL('./workflow-thread.cjs', __chunkUrl)))`,
      ],
    );
    const interceptor = 'workflow-log-interceptor';
    replace(builder, /worker[\\/]lib[\\/]workflow[\\/]bundler\.js$/, [`require.resolve('../${interceptor}')`, `'@temporalio/worker/lib/${interceptor}'`]);
    replace(builder, /core-bridge[\\/]common\.js$/, ['path.resolve(__dirname,', `path.resolve(path.dirname(require.resolve('${nativeBridge}')),`]);
  },
};

/** Builds the file that the SDK starts as the thread of the sandbox. */
export async function buildWorkflowThread(outfile) {
  await build({
    entryPoints: [join(dirname(require.resolve('@temporalio/worker/package.json')), 'lib/workflow/workflow-worker-thread.js')],
    outfile,
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    minifyWhitespace: true,
    external: [nativeBridge],
    // Of gRPC the thread needs no more, and does not open a connection.
    alias: { '@grpc/grpc-js': '@grpc/grpc-js/build/src/metadata.js' },
    plugins: [temporalSdk],
    logLevel: 'warning',
  });
}

function substitute(builder, filter, contents) {
  const namespace = `instead of ${filter}`;
  builder.onResolve({ filter }, ({ path }) => ({ path, namespace }));
  builder.onLoad({ filter: /.*/, namespace }, () => ({ contents }));
}

function reExport(path) {
  const names = Object.keys(require(path)).filter((name) => name !== 'default');
  return `export { ${names.join(', ')} } from '${path}';`;
}

function replace(builder, filter, ...changes) {
  builder.onLoad({ filter }, async ({ path }) => {
    let contents = await readFile(path, 'utf8');
    for (const [from, to] of changes) {
      if (contents.split(from).length !== 2) throw new Error(`${path} does not hold ${from} once: the SDK changed, so must scripts/bundle-sdk.mjs`);
      contents = contents.replace(from, () => to);
    }
    return { contents, loader: 'js' };
  });
}
