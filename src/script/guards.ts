import type { AnyNode, DoWhileStatement, ForInStatement, ForOfStatement, ForStatement, Function as FunctionNode, Program, WhileStatement } from 'acorn';
import { ancestor } from 'acorn-walk';
import type { Edits } from './edits.ts';
import { internalNames } from './names.ts';

type Loop = ForStatement | ForInStatement | ForOfStatement | WhileStatement | DoWhileStatement;

// A turn of the microtask queue costs some fifty times a plain turn, a call about three times.
const loopWeight = 1;
const callWeight = 3;
const asyncWeight = 50;

/**
 * Puts a guard call at the head of every loop body and every function body (SCR-09), so that code which never yields
 * meets the interpreter's limit instead of blocking its thread. Functions count too: promises can call each other for ever.
 */
export function addGuards(program: Program, edits: Edits): void {
  const asynchronous = new Set<AnyNode>();
  const markLoops = (_node: AnyNode, _state: unknown, ancestors: AnyNode[]): void => {
    for (let i = ancestors.length - 1; i >= 0 && !isFunction(ancestors[i]); i--) asynchronous.add(ancestors[i] as AnyNode);
  };
  const guardLoop = (loop: Loop): void => {
    guardBody(edits, loop.body, asynchronous.has(loop) ? asyncWeight : loopWeight);
  };
  // Children are visited before their parents: an inner closing brace is put in before the outer one at the same place.
  ancestor(program, {
    AwaitExpression: markLoops,
    YieldExpression: markLoops,
    ForStatement: guardLoop,
    ForInStatement: guardLoop,
    ForOfStatement(loop, state, ancestors) {
      if (loop.await) markLoops(loop, state, ancestors);
      guardLoop(loop);
    },
    WhileStatement: guardLoop,
    DoWhileStatement: guardLoop,
    Function(node) {
      guardFunction(edits, node);
    },
    ThrowStatement({ argument }) {
      edits.inserts.push({ offset: argument.start, text: ` ${internalNames.thrown}((` }, { offset: argument.end, text: '))' });
    },
  });
}

function guardFunction(edits: Edits, node: FunctionNode): void {
  const weight = node.async ? asyncWeight : callWeight;
  if (node.body.type === 'BlockStatement') {
    guardBody(edits, node.body, weight);
  } else {
    edits.inserts.push({ offset: node.body.start, text: `(${internalNames.guard}(${weight}),` }, { offset: node.body.end, text: ')' });
  }
}

function guardBody(edits: Edits, body: Loop['body'], weight: number): void {
  const call = `${internalNames.guard}(${weight});`;
  if (body.type === 'BlockStatement') edits.inserts.push({ offset: body.start + 1, text: call });
  else edits.inserts.push({ offset: body.start, text: `{${call}` }, { offset: body.end, text: '}' });
}

function isFunction(node: AnyNode | undefined): boolean {
  return node?.type === 'FunctionDeclaration' || node?.type === 'FunctionExpression' || node?.type === 'ArrowFunctionExpression';
}
