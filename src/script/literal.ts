import type { Expression, Node, ObjectExpression } from 'acorn';
import type { Json } from '../../schemas/json.ts';

/** The value of a literal expression of JSON kind, read from the syntax tree; undefined when any part of it would have to run. */
export function readLiteral(node: Expression): { value: Json } | undefined {
  const expression = withoutParens(node);
  switch (expression.type) {
    case 'Literal':
      return expression.value === null && expression.raw !== 'null' ? undefined : plainLiteral(expression.value);
    case 'TemplateLiteral': {
      const text = expression.expressions.length === 0 ? expression.quasis[0]?.value.cooked : undefined;
      return typeof text === 'string' ? { value: text } : undefined;
    }
    case 'UnaryExpression': {
      if (expression.operator !== '-') return undefined;
      const operand = readLiteral(expression.argument);
      return typeof operand?.value === 'number' ? { value: -operand.value } : undefined;
    }
    case 'ArrayExpression': {
      const values: Json[] = [];
      for (const element of expression.elements) {
        const item = element === null || element.type === 'SpreadElement' ? undefined : readLiteral(element);
        if (!item) return undefined;
        values.push(item.value);
      }
      return { value: values };
    }
    case 'ObjectExpression':
      return readObject(expression);
    default:
      return undefined;
  }
}

/** The expression inside any number of parentheses. */
export function withoutParens(node: Expression): Expression {
  let inner = node;
  while (inner.type === 'ParenthesizedExpression') inner = inner.expression;
  return inner;
}

/** The name of a property that is written out: `a`, `'a'`, `1`. */
export function plainKey(property: { computed: boolean; key: Node }): string | undefined {
  const key = property.key as Expression;
  if (property.computed) return undefined;
  if (key.type === 'Identifier') return key.name;
  return key.type === 'Literal' && (typeof key.value === 'string' || typeof key.value === 'number') ? String(key.value) : undefined;
}

function plainLiteral(value: unknown): { value: Json } | undefined {
  return value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? { value } : undefined;
}

function readObject(node: ObjectExpression): { value: Json } | undefined {
  const entries: [string, Json][] = [];
  for (const property of node.properties) {
    if (property.type !== 'Property' || property.kind !== 'init' || property.method || property.shorthand) return undefined;
    const key = plainKey(property);
    const item = readLiteral(property.value);
    // `__proto__: x` sets the prototype, which is no value.
    if (key === undefined || key === '__proto__' || !item) return undefined;
    entries.push([key, item.value]);
  }
  return { value: Object.fromEntries(entries) };
}
