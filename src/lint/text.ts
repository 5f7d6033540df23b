import type { AnyNode, Expression } from 'acorn';
import { withoutParens } from '../script/literal.ts';

/** The written-out parts of a text expression; what is computed shows as `…`. */
export function textOf(expression: Expression): string {
  const node: AnyNode = withoutParens(expression);
  if (node.type === 'Literal') return String(node.value);
  if (node.type === 'TemplateLiteral') return node.quasis.map((quasi) => quasi.value.cooked ?? '').join('…');
  if (node.type === 'BinaryExpression' && node.operator === '+' && node.left.type !== 'PrivateIdentifier') return textOf(node.left) + textOf(node.right);
  return '…';
}
