import { defineSearchAttributeKey } from '@temporalio/common';
import { upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import { cutCodePoints } from '../src/text.ts';
import { outside } from './outside/outside.ts';
import type { RunContext } from './run-context.ts';

const project = defineSearchAttributeKey('OdwProject', 'KEYWORD');
const phase = defineSearchAttributeKey('OdwPhase', 'KEYWORD');
const nodes = defineSearchAttributeKey('OdwNodes', 'INT');
const failed = defineSearchAttributeKey('OdwFailed', 'INT');
const tokens = defineSearchAttributeKey('OdwTokens', 'INT');

// SQL visibility keeps 255 characters of a keyword.
const longestPhase = 200;
// Of a script that changes phases all the time only the end is told after that.
const mostPhases = 30;

/** Whether this run can be found by odw's search attributes. A namespace that has the one has them all; where they are missing, setting one would fail the run. */
export function isSearchable(): boolean {
  return workflowInfo().typedSearchAttributes.get(project) !== undefined;
}

/**
 * Sets phase, nodes, failed nodes and tokens as search attributes: at the end of the run, and when the script enters a phase. One command
 * beside others that are sent anyway; never one for each node.
 */
export function tellFigures(ctx: RunContext, entered?: string): void {
  const { done, failed: lost, reused, running } = ctx.counts;
  const title = cutCodePoints(entered ?? ctx.shownPhase, longestPhase);
  const told = JSON.stringify([title, done, lost, reused, running, ctx.budget.spent]);
  if (told === ctx.figures.told || (entered !== undefined && ++ctx.figures.phases > mostPhases)) return;
  ctx.figures.told = told;
  if (outside.playing || !isSearchable() || !outside.changed('figures-in-search')) return;
  upsertSearchAttributes([
    ...(title === '' ? [] : [{ key: phase, value: title }]),
    { key: nodes, value: done + lost + reused + running },
    { key: failed, value: lost },
    // Executors and scripts may tell fractions, which the server takes for no whole number.
    { key: tokens, value: Math.round(ctx.budget.spent) },
  ]);
}
