import type { AnyNode, Expression, Program } from 'acorn';
import { full } from 'acorn-walk';
import type { ScriptMeta } from '../../schemas/script.ts';
import { withoutParens } from '../script/literal.ts';
import { boundNames, Scopes } from '../script/scope.ts';
import { findCalls, type CallSite, type NodeSite } from './calls.ts';

/** A script as the rules see it. */
export interface LintScript {
  program: Program;
  meta: ScriptMeta;
  /** The exported `meta`, when it has to run to be known. */
  computedMeta: { start: number } | undefined;
  dialect: 'odw' | 'claude';
  /** Whether the script or the caller named the dialect. */
  dialectIsNamed: boolean;
  calls: CallSite[];
  nodes: NodeSite[];
  scopes: Scopes;
  /** The value of an expression, looked up where it is a name that is declared once, with a value. */
  valueOf(expression: Expression): Expression;
  /** The places that ask for nodes inside an expression, those of functions that it names included. */
  nodesIn(expression: AnyNode): NodeSite[];
}

export type ScriptFacts = Pick<LintScript, 'program' | 'meta' | 'computedMeta' | 'dialect' | 'dialectIsNamed'>;

export function openScript(facts: ScriptFacts): LintScript {
  const scopes = new Scopes();
  const { calls, nodes } = findCalls(facts.program, scopes);
  const values = singleValues(facts.program);
  const nodesIn = (expression: AnyNode, seen = new Set<AnyNode>()): NodeSite[] => {
    if (seen.has(expression)) return [];
    seen.add(expression);
    const found = new Set(nodes.filter(({ node }) => node.start >= expression.start && node.end <= expression.end));
    full(expression, (node) => {
      const value = node.type === 'Identifier' ? values.get((node as { name: string }).name) : undefined;
      if (value && /Function/.test(value.type)) for (const inner of nodesIn(value, seen)) found.add(inner);
    });
    return [...found];
  };
  return {
    ...facts,
    calls,
    nodes,
    scopes,
    nodesIn: (expression) => nodesIn(expression),
    valueOf(expression) {
      const inner = withoutParens(expression);
      const value = inner.type === 'Identifier' ? values.get(inner.name) : undefined;
      return value && value.type !== 'FunctionDeclaration' ? withoutParens(value as Expression) : inner;
    },
  };
}

// Constants and functions whose name means nothing else anywhere in the script: no doubt which one is meant, whatever the scope.
function singleValues(program: Program): Map<string, AnyNode> {
  const values = new Map<string, AnyNode>();
  const other = new Set<string>();
  const add = (name: string, value: AnyNode) => {
    if (values.has(name)) other.add(name);
    values.set(name, value);
  };
  full(program, (one) => {
    if (one.type === 'FunctionDeclaration' && one.id) add(one.id.name, one);
    if (one.type === 'FunctionDeclaration' || one.type === 'FunctionExpression' || one.type === 'ArrowFunctionExpression')
      for (const param of one.params) for (const name of boundNames(param)) other.add(name);
    if (one.type === 'CatchClause') for (const name of boundNames(one.param)) other.add(name);
    if (one.type !== 'VariableDeclaration') return;
    for (const { id, init } of one.declarations) {
      if (one.kind === 'const' && id.type === 'Identifier' && init) add(id.name, init);
      else for (const name of boundNames(id)) other.add(name);
    }
  });
  for (const name of other) values.delete(name);
  return values;
}
