/** What `odw exec` and `odw worker start` load late beside the parts of every host (temporal/run/late-parts.ts). */
export const lateParts: readonly (() => Promise<unknown>)[] = [
  () => import('../../activities/run-node/kill-executors.ts'),
  () => import('../write-report.ts'),
  () => import('../../src/report/render.ts'),
  () => import('./resume.ts'),
  () => import('./unplayable.ts'),
  () => import('./own-reused.ts'),
];
