import { cliErrors } from './cli.ts';
import { engineErrors } from './engine.ts';
import { executorErrors } from './executor.ts';
import { nodeErrors } from './node.ts';
import { runErrors } from './run.ts';
import { scheduleErrors } from './schedule.ts';
import { scriptErrors } from './script.ts';

/** Every error that odw or pandacode raises on purpose, by slug. One area per file; docs/errors.md has one entry per slug. */
export const errorTable = { ...cliErrors, ...engineErrors, ...executorErrors, ...nodeErrors, ...runErrors, ...scheduleErrors, ...scriptErrors } as const;

export type ErrorSlug = keyof typeof errorTable;
