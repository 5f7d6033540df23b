import type { ExplainedNode } from '../../src/explain/judge.ts';
import type { Explanation } from './explain.ts';

const marks = { reuse: '=', rerun: '↻', unknown: '?' } as const;

/** An explanation for people: totals first, then a line for each node. */
export function explainText({ run, script, nodes, unused, totals, notes, stopped }: Explanation): string {
  const names = nodes.map(({ phase, label }) => [phase, label].filter(Boolean).join(' / '));
  const width = Math.min(60, Math.max(0, ...names.map((name) => name.length)));
  const lines = [
    `resume of ${run} with ${script}; nothing was started`,
    ...notes.map((note) => `  note: ${note}`),
    '',
    ...nodes.map((node, n) => `  ${marks[node.decision]} ${names[n]?.padEnd(width)}  ${node.decision.padEnd(7)}  ${about(node)}`.trimEnd()),
    ...unused.map(({ phase, label }) => `  - ${[phase, label].filter(Boolean).join(' / ').padEnd(width)}  no longer asked for`),
    ...(nodes.length + unused.length > 0 ? [''] : []),
    `  reuse    ${nodesText(totals.reuse)}${totals.expected > 0 ? `, ${totals.expected} of them expected: they come after a node that runs again` : ''}`,
    `  rerun    ${nodesText(totals.rerun)}${totals.rerun > 0 ? `, about ${totals.tokens} tokens${totals.unpriced > 0 ? ` and ${totals.unpriced} without an estimate` : ''}` : ''}`,
    ...(totals.unknown > 0
      ? [`  unknown  ${nodesText(totals.unknown)}: a result is there, or under way; whether it fits shows when earlier nodes have run`]
      : []),
    ...(stopped === undefined ? [] : ['', `  the script stopped before its end, so there may be more: ${stopped}`]),
  ];
  return lines.join('\n');
}

function about({ decision, reasons, skills, failed, expected, tokens }: ExplainedNode): string {
  if (decision === 'reuse') return failed ? 'failed' : expected ? 'expected' : '';
  const why =
    reasons.length > 0
      ? reasons.map((one) => (one === 'SKILL_CHANGED' && skills ? `${one} (${skills.join(', ')})` : one)).join(', ')
      : decision === 'unknown'
        ? 'under way'
        : 'what changed was not recorded';
  return `${why.padEnd(16)}  ${tokens === null ? 'no estimate' : `~${tokens} tokens`}`;
}

function nodesText(count: number): string {
  return `${count} node${count === 1 ? '' : 's'}`;
}
