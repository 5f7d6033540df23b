import type { AnyNode, CallExpression, Expression, ObjectExpression, Program, Property, SpreadElement } from 'acorn';
import { ancestor } from 'acorn-walk';
import { plainKey, withoutParens } from '../script/literal.ts';
import type { Scopes } from '../script/scope.ts';

type GroupName = 'parallel' | 'fanout' | 'pipeline' | 'Promise.all';

/** A call of a function of the dialect that the script did not declare itself. */
export interface CallSite {
  name: GroupName | 'agent' | 'workflow' | 'phase';
  node: CallExpression;
  /** Outermost first; the call itself is the last. */
  ancestors: AnyNode[];
}

/** A place that asks for a node: an agent() call, or an object in a group that stands for one. */
export interface NodeSite {
  node: AnyNode;
  prompt: Expression | undefined;
  /** The options, where they are written out. */
  options: ObjectExpression | undefined;
  ancestors: AnyNode[];
}

export const groupNames: readonly string[] = ['parallel', 'fanout', 'pipeline', 'Promise.all'];
const direct = new Set(['agent', 'parallel', 'fanout', 'pipeline', 'workflow', 'phase']);

/** All calls of the dialect in a script, and all places that ask for nodes. */
export function findCalls(program: Program, scopes: Scopes): { calls: CallSite[]; nodes: NodeSite[] } {
  const calls: CallSite[] = [];
  const nodes: NodeSite[] = [];
  ancestor(program, {
    CallExpression(node, _state, ancestors) {
      const name = nameOf(node, (id) => scopes.isDeclared(id, ancestors));
      if (name === undefined) return;
      const site = { node, ancestors: [...ancestors] };
      if (direct.has(name) || name === 'Promise.all') calls.push({ ...site, name: name as CallSite['name'] });
      if (name === 'agent') nodes.push(nodeSite(site, node.arguments[0], node.arguments[1]));
      if (name.startsWith('pandacode.')) {
        calls.push({ ...site, name: 'agent' });
        const skip = name === 'pandacode.exec' ? 1 : 0;
        nodes.push(nodeSite(site, node.arguments[skip], node.arguments[skip + 1]));
      }
    },
    ObjectExpression(node, _state, ancestors) {
      const prompt = propertyOf(node, 'prompt') ?? propertyOf(node, 'input');
      if (prompt && standsForNode(ancestors, scopes)) nodes.push({ node, prompt, options: node, ancestors: [...ancestors] });
    },
  });
  return { calls, nodes };
}

/** The value of a property that is written out. */
export function propertyOf(object: ObjectExpression | undefined, name: string): Expression | undefined {
  const found = object?.properties.find((one): one is Property => one.type === 'Property' && plainKey(one) === name);
  return found && withoutParens(found.value);
}

function nameOf(node: CallExpression, isDeclared: (name: string) => boolean): string | undefined {
  const { callee } = node;
  if (callee.type === 'Super') return undefined;
  const inner = withoutParens(callee);
  if (inner.type === 'Identifier') return direct.has(inner.name) && !isDeclared(inner.name) ? inner.name : undefined;
  if (inner.type !== 'MemberExpression' || inner.object.type !== 'Identifier' || inner.property.type !== 'Identifier' || inner.computed) return undefined;
  const name = `${inner.object.name}.${inner.property.name}`;
  const known = /^(pandacode\.(exec|claude|codex|bamboo)|Promise\.(all|allSettled))$/.test(name) && !isDeclared(inner.object.name);
  return known ? name.replace('allSettled', 'all') : undefined;
}

function nodeSite(
  site: { node: AnyNode; ancestors: AnyNode[] },
  prompt: Expression | SpreadElement | undefined,
  options: Expression | SpreadElement | undefined,
): NodeSite {
  const given = options && options.type !== 'SpreadElement' ? withoutParens(options) : undefined;
  return {
    ...site,
    prompt: prompt && prompt.type !== 'SpreadElement' ? withoutParens(prompt) : undefined,
    options: given?.type === 'ObjectExpression' ? given : undefined,
  };
}

// `parallel([{ prompt }])`, `parallel(items.map((item) => ({ prompt })))`, `fanout(items, (item) => ({ prompt }))`.
function standsForNode(ancestors: AnyNode[], scopes: Scopes): boolean {
  const outer = ancestors.slice(0, -1).filter((node) => node.type !== 'ParenthesizedExpression');
  const call = outer.findLastIndex(
    (node) => node.type === 'CallExpression' && ['parallel', 'fanout'].includes(nameOf(node, (id) => scopes.isDeclared(id, ancestors)) ?? ''),
  );
  const between = outer.slice(call + 1);
  if (call === -1) return false;
  const functions = between.filter((node) => /Function/.test(node.type));
  // The object may be an argument of a call in between: only of `items.map(…)` it is still the element.
  const calls = between.filter((node) => node.type === 'CallExpression');
  const plain = /Function|ArrayExpression|CallExpression|BlockStatement|ReturnStatement|Conditional/;
  return functions.length <= 1 && calls.every((node) => node.callee.type === 'MemberExpression') && between.every((node) => plain.test(node.type));
}
