import { defineConfig } from 'vitest/config';

const globalSetup = ['test/support/global-setup.ts'];

// A file's suffix says its suite. The plain one is fast and needs no server; all others share a server of their test session.
const suites = [
  { name: 'unit', include: ['test/**/*.test.ts'], exclude: ['test/**/*.*.test.ts', '**/node_modules/**'], testTimeout: 30_000 },
  { name: 'integration', include: ['test/**/*.int.test.ts'], testTimeout: 120_000, globalSetup },
  { name: 'crash', include: ['test/**/*.crash.test.ts'], testTimeout: 180_000, globalSetup },
  { name: 'real', include: ['test/**/*.real.test.ts'], testTimeout: 300_000, globalSetup },
  { name: 'browser', include: ['test/**/*.browser.test.ts'], testTimeout: 120_000, globalSetup },
  { name: 'scale', include: ['test/**/*.scale.test.ts'], testTimeout: 600_000, globalSetup },
  { name: 'engine', include: ['test/**/*.engine.test.ts'], testTimeout: 900_000, globalSetup },
  { name: 'package', include: ['test/**/*.package.test.ts'], testTimeout: 600_000, globalSetup },
];

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: suites.map((test) => ({ test: { hookTimeout: 120_000, ...test } })),
  },
});
