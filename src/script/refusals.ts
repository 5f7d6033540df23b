import type { AnyNode, Expression, MemberExpression, Pattern, Super } from 'acorn';
import { ancestor } from 'acorn-walk';
import type { OdwError } from '../errors/error.ts';
import { withoutParens } from './literal.ts';
import type { ParsedScript } from './parse.ts';
import { Scopes } from './scope.ts';
import { scriptError } from './script-error.ts';

type Label = 'static import' | 'dynamic import' | 'import.meta' | 'require' | 'eval' | 'Function constructor';

const codeMakers = new Map<string, Label>([
  ['require', 'require'],
  ['eval', 'eval'],
  ['Function', 'Function constructor'],
  ['AsyncFunction', 'Function constructor'],
]);

const builtIns = new Set(
  (
    'Object Function Array String Number Boolean Symbol BigInt Promise Map Set WeakMap WeakSet WeakRef Date RegExp Error AggregateError EvalError RangeError ' +
    'ReferenceError SyntaxError TypeError URIError ArrayBuffer DataView Int8Array Uint8Array Uint8ClampedArray Int16Array Uint16Array Int32Array Uint32Array ' +
    'Float32Array Float64Array BigInt64Array BigUint64Array Iterator'
  ).split(' '),
);
const propertyWriters = new Set(['assign', 'defineProperty', 'defineProperties', 'setPrototypeOf', 'set', 'deleteProperty']);

/**
 * Refuses what a workflow script must not do (SCR-07, SCR-08), by its syntax tree: imports, code made from text, changes to built-in prototypes.
 * A name that the script declares itself is its own business. Throws for the first place in the file.
 */
export function refuseDisallowed(script: ParsedScript, form: 'top-level' | 'function'): void {
  const scopes = new Scopes();
  let first: { offset: number; error: () => OdwError } | undefined;
  const found = (offset: number, error: () => OdwError): void => {
    if (!first || offset < first.offset) first = { offset, error };
  };
  const disallowed = ({ start }: { start: number }, label: Label): void => {
    const message = `workflow script ${script.path} uses disallowed ${label}; ODW workflow scripts may only orchestrate agents`;
    found(start, () => scriptError('script-disallowed', script, start, message));
  };
  const write = (node: { start: number }, target: AnyNode | undefined, ancestors: AnyNode[]): void => {
    const name = builtInTarget(target, (id) => scopes.isDeclared(id, ancestors));
    if (name)
      found(node.start, () =>
        scriptError('script-builtin-write', script, node.start, `the script changes ${name}; built-in objects are the same for all code of a run`),
      );
  };

  ancestor(script.program, {
    ImportDeclaration: (node) => disallowed(node, 'static import'),
    ExportAllDeclaration: (node) => disallowed(node, 'static import'),
    ExportNamedDeclaration(node) {
      if (node.source) disallowed(node, 'static import');
    },
    ImportExpression: (node) => disallowed(node, 'dynamic import'),
    MetaProperty(node) {
      if (node.meta.name === 'import') disallowed(node, 'import.meta');
    },
    Identifier(node, _state, ancestors) {
      const label = codeMakers.get(node.name);
      if (label && !isTypeofOperand(ancestors) && !scopes.isDeclared(node.name, ancestors)) disallowed(node, label);
    },
    ReturnStatement(node, _state, ancestors) {
      if (form === 'function' && !ancestors.some((outer) => /Function/.test(outer.type))) {
        const message = 'SyntaxError: `return` outside a function; a script with a default export returns from that function';
        found(node.start, () => scriptError('script-syntax', script, node.start, message));
      }
    },
    AssignmentExpression: (node, _state, ancestors) => write(node, memberOf(node.left), ancestors),
    UpdateExpression: (node, _state, ancestors) => write(node, memberOf(node.argument), ancestors),
    UnaryExpression(node, _state, ancestors) {
      if (node.operator === 'delete') write(node, memberOf(node.argument), ancestors);
    },
    CallExpression(node, _state, ancestors) {
      const target = node.arguments[0];
      if (target && isPropertyWriter(node.callee)) write(node, prototypeAsMember(target), ancestors);
    },
  });
  if (first) throw first.error();
}

function isTypeofOperand(ancestors: AnyNode[]): boolean {
  const outer = ancestors.slice(0, -1).findLast((node) => node.type !== 'ParenthesizedExpression');
  return outer?.type === 'UnaryExpression' && outer.operator === 'typeof';
}

/** What a write to this member expression changes, when it is a built-in: `Array.prototype`, `Error.prepareStackTrace`. */
function builtInTarget(target: AnyNode | undefined, isDeclared: (name: string) => boolean): string | undefined {
  if (target?.type !== 'MemberExpression') return undefined;
  const object = stripped(target.object);
  // Error.prepareStackTrace is called by the engine, outside any script.
  if (object.type === 'Identifier' && object.name === 'Error' && propertyName(target) === 'prepareStackTrace') {
    return isDeclared('Error') ? undefined : 'Error.prepareStackTrace';
  }
  const prototype = object.type === 'MemberExpression' ? object : target;
  const owner = stripped(prototype.object);
  if (propertyName(prototype) !== 'prototype' || owner.type !== 'Identifier' || !builtIns.has(owner.name) || isDeclared(owner.name)) return undefined;
  return `${owner.name}.prototype`;
}

function isPropertyWriter(callee: Expression | Super): boolean {
  const node = stripped(callee);
  if (node.type !== 'MemberExpression') return false;
  const object = stripped(node.object);
  return object.type === 'Identifier' && (object.name === 'Object' || object.name === 'Reflect') && propertyWriters.has(propertyName(node) ?? '');
}

function prototypeAsMember(node: AnyNode): MemberExpression | undefined {
  const target = stripped(node as Expression);
  return target.type === 'MemberExpression' && propertyName(target) === 'prototype' ? target : undefined;
}

function memberOf(node: Expression | Pattern): MemberExpression | undefined {
  const target = stripped(node as Expression);
  return target.type === 'MemberExpression' ? target : undefined;
}

function stripped(node: Expression | Super): Expression | Super {
  return node.type === 'Super' ? node : withoutParens(node);
}

function propertyName(node: MemberExpression): string | undefined {
  const { property } = node;
  if (!node.computed) return property.type === 'Identifier' ? property.name : undefined;
  return property.type === 'Literal' && typeof property.value === 'string' ? property.value : undefined;
}
