import { groupNames } from '../calls.ts';
import type { Rule } from '../rule.ts';

/** A script that asks agents over a list and then ends: what they say is taken as it is, for no further agent looks at it. */
export const fanoutNoVerifier: Rule = {
  code: 'FANOUT_NO_VERIFIER',
  severity: 'hint',
  check({ calls, nodes, nodesIn }, report) {
    // One place that asks, inside one group: with a second place, some agent sees what another one said, or works on something else.
    const only = nodes.length === 1 ? nodes[0] : undefined;
    if (!only || calls.some(({ name }) => name === 'workflow')) return;
    for (const { name, node } of calls) {
      if (!groupNames.includes(name) || !nodesIn(node).includes(only)) continue;
      // A list written out in the script is a few known agents, not a spread over items.
      if (name === 'fanout' || name === 'pipeline' || node.arguments[0]?.type === 'CallExpression')
        report(node, 'no agent looks at these answers: add a stage that refutes each of them, or an agent that checks all');
    }
  },
};
