import type { AnyNode, Identifier } from 'acorn';
import { ancestor, type AncestorVisitors } from 'acorn-walk';
import { dialectNames, guardedNames, languageNames } from '../../script/global-names.ts';
import type { Rule } from '../rule.ts';

const known = new Set([...dialectNames, ...guardedNames, ...languageNames, 'arguments']);

/** A name that neither the script nor the sandbox has. One that the script tests with `typeof` is its own business. */
export const unknownGlobal: Rule = {
  code: 'UNKNOWN_GLOBAL',
  severity: 'error',
  check({ program, scopes }, report) {
    const found = new Map<string, { start: number }>();
    const tested = new Set<string>();
    const visit = (node: Identifier, _state: unknown, ancestors: AnyNode[]): void => {
      if (known.has(node.name) || scopes.isDeclared(node.name, ancestors)) return;
      const outer = ancestors.at(-2);
      if (outer?.type === 'UnaryExpression' && outer.operator === 'typeof') tested.add(node.name);
      else if (!found.has(node.name)) found.set(node.name, node);
    };
    // A name that is written to is visited as a pattern.
    ancestor(program, { Identifier: visit, VariablePattern: visit } as AncestorVisitors<unknown>);
    for (const [name, node] of found) {
      if (!tested.has(name)) report(node, `${name} is not there in a workflow script: ${advice(name)}`);
    }
  },
};

function advice(name: string): string {
  if (['process', 'require', 'fetch', 'Buffer', 'URL', 'fs', 'path', 'module', 'exports', '__dirname', '__filename'].includes(name))
    return 'let an agent read, write and fetch, or pass the value in as input';
  if (name === 'setInterval' || name === 'queueMicrotask') return 'use setTimeout, or await a promise';
  if (name === 'structuredClone') return 'use JSON.parse(JSON.stringify(value))';
  return 'declare it, or correct the name';
}
