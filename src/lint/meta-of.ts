import type { ObjectExpression, Program } from 'acorn';
import { withoutParens } from '../script/literal.ts';

/** The object that a script exports as `meta`; undefined when it computes one, or has none. */
export function metaOf(program: Program): ObjectExpression | undefined {
  const declarations = program.body.flatMap((one) =>
    one.type === 'ExportNamedDeclaration' && one.declaration?.type === 'VariableDeclaration' ? one.declaration.declarations : [],
  );
  const init = declarations.find(({ id }) => id.type === 'Identifier' && id.name === 'meta')?.init;
  const value = init && withoutParens(init);
  return value?.type === 'ObjectExpression' ? value : undefined;
}
