import type { AnyNode, Expression } from 'acorn';
import { ancestor, full } from 'acorn-walk';
import { withoutParens } from '../../script/literal.ts';
import { boundNames } from '../../script/scope.ts';
import { groupNames } from '../calls.ts';
import type { Rule } from '../rule.ts';

/** A script without a dialect that tests answers of agents only for being there: a failed node is an object in the dialect odw (DIAL-02). */
export const dialectNulls: Rule = {
  code: 'DIALECT_NULLS',
  severity: 'hint',
  check({ program, calls, dialectIsNamed }, report) {
    if (dialectIsNamed || looksAtFailures(program)) return;
    const asking = new Set<AnyNode>(calls.filter(({ name }) => name === 'agent' || groupNames.includes(name)).map(({ node }) => node));
    const results = new Set<string>();
    const isAnswer = (given: AnyNode): boolean => {
      const node = given.type === 'AwaitExpression' || given.type === 'ParenthesizedExpression' ? given : withoutParens(given as Expression);
      if (node.type === 'AwaitExpression') return isAnswer(withoutParens(node.argument));
      if (node.type === 'ParenthesizedExpression') return isAnswer(node.expression);
      return node.type === 'Identifier' ? results.has(node.name) : asking.has(node);
    };
    full(program, (one) => {
      if (one.type === 'VariableDeclarator' && one.init && isAnswer(one.init)) for (const name of boundNames(one.id)) results.add(name);
    });
    let first: AnyNode | undefined;
    const found = (node: AnyNode) => {
      if (!first || node.start < first.start) first = node;
    };
    ancestor(program, {
      UnaryExpression(node) {
        if (node.operator === '!' && isAnswer(node.argument)) found(node);
      },
      BinaryExpression(node) {
        if (/^[!=]==?$/.test(node.operator) && node.right.type === 'Literal' && node.right.value === null && isAnswer(node.left)) found(node);
      },
      IfStatement(node) {
        if (isAnswer(node.test)) found(node.test);
      },
      ConditionalExpression(node) {
        if (isAnswer(node.test)) found(node.test);
      },
      CallExpression(node) {
        const { callee } = node;
        if (callee.type !== 'MemberExpression' || callee.property.type !== 'Identifier' || callee.property.name !== 'filter') return;
        if (callee.object.type !== 'Super' && isAnswer(callee.object) && testsForTruth(node.arguments[0])) found(callee.property);
      },
    });
    if (first)
      report(
        first,
        "a failed node is an object with ok: false here, not null: test .ok === false, or set meta.dialect to 'claude'; meta.dialect: 'odw' ends this hint",
      );
  },
};

// Whoever asks for `.ok` or `.error`, or for odw.failures(), knows what failed nodes look like.
function looksAtFailures(program: AnyNode): boolean {
  let found = false;
  full(program, (one) => {
    if (one.type === 'MemberExpression' && one.property.type === 'Identifier' && ['ok', 'error', 'failures'].includes(one.property.name)) found = true;
    if (one.type === 'ObjectPattern' && one.properties.some((part) => part.type === 'Property' && part.key.type === 'Identifier' && part.key.name === 'ok'))
      found = true;
  });
  return found;
}

// `Boolean`, `(r) => r`, `(r) => !!r`, `(r) => r !== null`.
function testsForTruth(callback: AnyNode | undefined): boolean {
  if (callback?.type === 'Identifier') return callback.name === 'Boolean';
  if (callback?.type !== 'ArrowFunctionExpression' || !callback.expression || callback.params[0]?.type !== 'Identifier') return false;
  const { name } = callback.params[0];
  let body = withoutParens(callback.body as Expression);
  while (body.type === 'UnaryExpression' && body.operator === '!') body = withoutParens(body.argument);
  if (body.type === 'BinaryExpression' && body.right.type === 'Literal' && body.right.value === null) body = body.left as Expression;
  return body.type === 'Identifier' && body.name === name;
}
