import type { AnyNode, ExportDefaultDeclaration, ExportNamedDeclaration, ExportSpecifier, Expression, VariableDeclarator } from 'acorn';
import type { Json } from '../../schemas/json.ts';
import type { Edits } from './edits.ts';
import { readLiteral, withoutParens } from './literal.ts';
import { bodyNames, internalNames } from './names.ts';
import type { ParsedScript } from './parse.ts';
import { boundNames, declaredNames } from './scope.ts';
import { scriptError } from './script-error.ts';

/** What a script exports, as far as odw cares. */
export interface ScriptExports {
  /** The name in the body of the function to call; undefined for a top-level script. */
  entry: string | undefined;
  meta: { literal: Json; offset: number } | undefined;
}

/** Reads a script's exports (SCR-01, META-01) and takes the export syntax out of its body: declarations stay, default expressions get a name. */
export function readExports(script: ParsedScript, edits: Edits): ScriptExports {
  const reader = new ExportReader(script, edits);
  for (const statement of script.program.body) {
    if (statement.type === 'ExportDefaultDeclaration') reader.default(statement);
    if (statement.type === 'ExportNamedDeclaration') reader.named(statement);
  }
  if (script.program.body.length === 0) throw nothingCallable(script, 0);
  return { entry: reader.entry(), meta: reader.meta };
}

/** The contract text of SCR-06. */
export function nothingCallableMessage(path: string): string {
  return `workflow script must export a default function or use Dynamic Workflow-compatible top-level code: ${path}`;
}

function nothingCallable(script: ParsedScript, offset: number): Error {
  return scriptError('script-nothing-callable', script, offset, nothingCallableMessage(script.path));
}

class ExportReader {
  meta: ScriptExports['meta'];
  private defaultEntry: string | undefined;
  private workflowEntry: { name: string; node: AnyNode } | undefined;
  private readonly declarations: Map<string, Declaration>;
  private readonly script: ParsedScript;
  private readonly edits: Edits;

  constructor(script: ParsedScript, edits: Edits) {
    this.script = script;
    this.edits = edits;
    this.declarations = topLevelDeclarations(script);
  }

  /** The default export wins over `workflow`. */
  entry(): string | undefined {
    if (this.defaultEntry !== undefined) return this.defaultEntry;
    if (this.workflowEntry) this.refuseUncallable(this.workflowEntry.name, this.workflowEntry.node);
    return this.workflowEntry?.name;
  }

  default(node: ExportDefaultDeclaration): void {
    const { declaration } = node;
    this.edits.blanks.push({ start: node.start, end: declaration.start });
    if (declaration.type === 'FunctionDeclaration') {
      if (declaration.generator) throw nothingCallable(this.script, declaration.start);
      this.defaultEntry = declaration.id?.name ?? this.nameFunction(declaration.start);
    } else if (declaration.type === 'ClassDeclaration' || isUncallable(declaration, this.declarations)) {
      throw nothingCallable(this.script, declaration.start);
    } else {
      this.edits.inserts.push({ offset: declaration.start, text: `const ${bodyNames.entry} = ` });
      this.defaultEntry = bodyNames.entry;
    }
  }

  named(node: ExportNamedDeclaration): void {
    const { declaration } = node;
    if (!declaration) {
      this.edits.blanks.push({ start: node.start, end: node.end });
      for (const specifier of node.specifiers) this.specifier(specifier, node);
      return;
    }
    this.edits.blanks.push({ start: node.start, end: declaration.start });
    const names = declaration.type === 'VariableDeclaration' ? declaredNames(declaration) : [declaration.id.name];
    if (names.includes('workflow')) this.workflowEntry = { name: 'workflow', node: declaration };
    if (names.includes('meta')) this.readMeta('meta', node.end);
  }

  private specifier(specifier: ExportSpecifier, statement: AnyNode): void {
    const exported = nameOf(specifier.exported);
    const local = nameOf(specifier.local);
    if (exported === 'default') {
      this.refuseUncallable(local, specifier);
      this.defaultEntry = local;
    }
    if (exported === 'workflow') this.workflowEntry = { name: local, node: specifier };
    if (exported === 'meta') this.readMeta(local, statement.end);
  }

  private readMeta(local: string, statementEnd: number): void {
    const declaration = this.declarations.get(local);
    const literal = declaration?.value && readLiteral(declaration.value);
    if (declaration?.value && literal) this.meta = { literal: literal.value, offset: declaration.value.start };
    else this.edits.inserts.push({ offset: declaration?.end ?? statementEnd, text: `;${internalNames.meta}(${local});` });
  }

  private refuseUncallable(name: string, node: AnyNode): void {
    const declaration = this.declarations.get(name);
    if (declaration?.kind === 'uncallable' || (declaration?.value && isUncallable(declaration.value, this.declarations))) {
      throw nothingCallable(this.script, node.start);
    }
  }

  // An anonymous default function is hoisted like a named one, so it keeps its place and gets a name.
  private nameFunction(start: number): string {
    const keyword = /^(?:async(?:\s|\/\*[^]*?\*\/)+)?function/.exec(this.script.javascript.slice(start, start + 1000));
    this.edits.inserts.push({ offset: start + (keyword?.[0].length ?? 0), text: ` ${bodyNames.entry}` });
    return bodyNames.entry;
  }
}

interface Declaration {
  kind: 'value' | 'function' | 'uncallable';
  /** The initial value of a simple variable. */
  value: Expression | undefined;
  /** End of the declaring statement. */
  end: number;
}

function topLevelDeclarations(script: ParsedScript): Map<string, Declaration> {
  const declarations = new Map<string, Declaration>();
  for (const statement of script.program.body) {
    const node = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement;
    if (node?.type === 'FunctionDeclaration') {
      declarations.set(node.id.name, { kind: node.generator ? 'uncallable' : 'function', value: undefined, end: statement.end });
    } else if (node?.type === 'ClassDeclaration') {
      declarations.set(node.id.name, { kind: 'uncallable', value: undefined, end: statement.end });
    } else if (node?.type === 'VariableDeclaration') {
      for (const declarator of node.declarations) addVariables(declarations, declarator, statement.end);
    }
  }
  return declarations;
}

function addVariables(declarations: Map<string, Declaration>, declarator: VariableDeclarator, end: number): void {
  const value = declarator.id.type === 'Identifier' ? (declarator.init ?? undefined) : undefined;
  for (const name of boundNames(declarator.id)) declarations.set(name, { kind: 'value', value, end });
}

// What can be told without running: anything else is checked when the entry is called.
function isUncallable(node: Expression, declarations: Map<string, Declaration>, depth = 0): boolean {
  const value = withoutParens(node);
  switch (value.type) {
    case 'Literal':
    case 'TemplateLiteral':
    case 'ObjectExpression':
    case 'ArrayExpression':
    case 'ClassExpression':
    case 'UnaryExpression':
    case 'BinaryExpression':
      return true;
    case 'FunctionExpression':
      return value.generator;
    case 'Identifier': {
      const declaration = declarations.get(value.name);
      if (declaration?.kind === 'uncallable') return true;
      return declaration?.value !== undefined && depth < 10 && isUncallable(declaration.value, declarations, depth + 1);
    }
    default:
      return false;
  }
}

function nameOf(node: ExportSpecifier['local']): string {
  return node.type === 'Identifier' ? node.name : String(node.value);
}
