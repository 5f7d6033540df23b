import type { Expression } from 'acorn';
import { groupNames, propertyOf } from '../calls.ts';
import type { Rule } from '../rule.ts';
import type { LintScript } from '../script.ts';
import { textOf } from '../text.ts';

const verbs = 'fix|implement|refactor|edit|modify|rename|migrate|rewrite|delete|remove|replace|patch|upgrade|convert|port|apply|commit|reformat';
// An order to change something: the verb begins a sentence or follows "and", "then", "please".
const order = new RegExp(`(?:^|[.!?;:\\n]\\s*|\\b(?:and|then|please)\\s+)(?:${verbs})\\b`, 'i');

/** Agents that are told to change files side by side, without a worktree of their own: they overwrite one another. */
export const mutatingParallel: Rule = {
  code: 'MUTATING_PARALLEL_NO_ISOLATION',
  severity: 'hint',
  check(script, report) {
    const sites = new Set(script.calls.filter(({ name }) => groupNames.includes(name)).flatMap(({ node }) => script.nodesIn(node)));
    for (const { prompt, options, node } of sites) {
      // Options that come from elsewhere may have what is missed here.
      const isPlain = options ? options.properties.every((one) => one.type === 'Property') : node.type !== 'CallExpression' || node.arguments.length < 2;
      if (!prompt || !isPlain || propertyOf(options, 'isolation') || propertyOf(options, 'permission')) continue;
      if (order.test(promptText(script, prompt)))
        report(node, "agents side by side change the same files: give each isolation: 'worktree', or run them one after another");
    }
  },
};

function promptText(script: LintScript, prompt: Expression): string {
  return textOf(script.valueOf(prompt));
}
