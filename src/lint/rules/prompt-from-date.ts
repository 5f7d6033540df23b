import type { AnyNode } from 'acorn';
import { ancestor, full } from 'acorn-walk';
import type { Rule } from '../rule.ts';

const localGetters = new Set(
  'getHours getMinutes getDate getDay getMonth getFullYear getTimezoneOffset toDateString toTimeString toLocaleString toLocaleDateString toLocaleTimeString'.split(
    ' ',
  ),
);

/**
 * The clock or chance, which throw in a workflow, and prompts built from local time, which are not the same on another machine:
 * a resumed run would ask again.
 */
export const promptFromDate: Rule = {
  code: 'PROMPT_FROM_DATE',
  severity: 'hint',
  check({ program, scopes, nodes }, report) {
    const refuse = (node: AnyNode, shown: string) =>
      report(node, `${shown} throws in a workflow script, since a replay must see the same: pass the value in as input`, 'error');
    ancestor(program, {
      CallExpression(node, _state, ancestors) {
        const { callee } = node;
        const own = (name: string) => scopes.isDeclared(name, ancestors);
        if (callee.type === 'Identifier' && callee.name === 'Date' && !own('Date')) refuse(node, 'Date()');
        if (callee.type !== 'MemberExpression' || callee.object.type !== 'Identifier' || callee.property.type !== 'Identifier') return;
        const name = `${callee.object.name}.${callee.property.name}`;
        if ((name === 'Date.now' || name === 'Math.random') && !own(callee.object.name)) refuse(node, `${name}()`);
      },
      NewExpression(node, _state, ancestors) {
        if (node.callee.type === 'Identifier' && node.callee.name === 'Date' && node.arguments.length === 0 && !scopes.isDeclared('Date', ancestors))
          refuse(node, 'new Date()');
      },
    });
    for (const { prompt } of nodes) {
      if (!prompt) continue;
      full(prompt, (one) => {
        if (one.type === 'MemberExpression' && one.property.type === 'Identifier' && localGetters.has(one.property.name))
          report(one, `${one.property.name}() differs between machines, and a prompt that differs is asked again: use UTC, or pass the text in as input`);
      });
    }
  },
};
