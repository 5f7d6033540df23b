/**
 * What a host of runs loads only when a node or the end of a run needs it, for {@link loadAhead}. A test holds this list against the sources:
 * test/cli/late-parts.test.ts.
 */
export const lateParts: readonly (() => Promise<unknown>)[] = [
  () => import('@temporalio/common/lib/proto-utils.js'),
  () => import('@temporalio/common/lib/internal-non-workflow/index.js'),
  () => import('protobufjs/minimal.js'),
  () => import('../../activities/run-node/run-mock.ts'),
  () => import('../../activities/run-node/run-process.ts'),
  () => import('../../activities/run-node/validator.ts'),
  () => import('../../activities/run-node/in-slot.ts'),
  () => import('../../activities/run-node/in-worktree.ts'),
  () => import('../../activities/run-node/hold.ts'),
  () => import('../../activities/run-node/end-executors.ts'),
  () => import('../../activities/run-node/clear-run.ts'),
  () => import('./rebuild.ts'),
  () => import('./remake-folder.ts'),
  () => import('../engine/prepare-cluster.ts'),
  () => import('../connect.ts'),
];
