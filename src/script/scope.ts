import type { AnyNode, Function as FunctionNode, ModuleDeclaration, Pattern, Program, Statement, VariableDeclaration } from 'acorn';
import { recursive } from 'acorn-walk';

/** Tells whether a script itself declares a name; scopes are read once each, and only when asked about. */
export class Scopes {
  private readonly names = new Map<AnyNode, Set<string>>();

  /** Whether a name, used below these ancestors (outermost first), is declared by one of them. */
  isDeclared(name: string, ancestors: AnyNode[]): boolean {
    return ancestors.some((node) => this.namesOf(node)?.has(name));
  }

  private namesOf(node: AnyNode): Set<string> | undefined {
    let names = this.names.get(node);
    if (!names) {
      const declared = declaredIn(node);
      if (!declared) return undefined;
      names = new Set(declared);
      this.names.set(node, names);
    }
    return names;
  }
}

/** The names that a pattern binds. */
export function boundNames(pattern: Pattern | null | undefined): string[] {
  switch (pattern?.type) {
    case 'Identifier':
      return [pattern.name];
    case 'ObjectPattern':
      return pattern.properties.flatMap((property) => boundNames(property.type === 'RestElement' ? property.argument : property.value));
    case 'ArrayPattern':
      return pattern.elements.flatMap((element) => boundNames(element));
    case 'AssignmentPattern':
      return boundNames(pattern.left);
    case 'RestElement':
      return boundNames(pattern.argument);
    default:
      return [];
  }
}

/** The names that a variable declaration binds. */
export function declaredNames(declaration: VariableDeclaration): string[] {
  return declaration.declarations.flatMap((declarator) => boundNames(declarator.id));
}

function declaredIn(node: AnyNode): string[] | undefined {
  switch (node.type) {
    case 'Program':
      return [...hoisted(node), ...lexical(node.body)];
    case 'FunctionDeclaration':
    case 'FunctionExpression':
    case 'ArrowFunctionExpression':
      return functionNames(node);
    case 'BlockStatement':
      return lexical(node.body);
    case 'StaticBlock':
      return [...node.body.flatMap(hoisted), ...lexical(node.body)];
    case 'SwitchStatement':
      return lexical(node.cases.flatMap((branch) => branch.consequent));
    case 'ForStatement':
      return node.init?.type === 'VariableDeclaration' ? declaredNames(node.init) : [];
    case 'ForInStatement':
    case 'ForOfStatement':
      return node.left.type === 'VariableDeclaration' ? declaredNames(node.left) : [];
    case 'CatchClause':
      return boundNames(node.param);
    case 'ClassDeclaration':
    case 'ClassExpression':
      return node.id ? [node.id.name] : [];
    default:
      return undefined;
  }
}

function functionNames(node: FunctionNode): string[] {
  return [...(node.id ? [node.id.name] : []), ...node.params.flatMap(boundNames), ...hoisted(node.body)];
}

function lexical(body: (Statement | ModuleDeclaration)[]): string[] {
  return body.flatMap((statement) => {
    const declaration = statement.type === 'ExportNamedDeclaration' || statement.type === 'ExportDefaultDeclaration' ? statement.declaration : statement;
    if (declaration?.type === 'VariableDeclaration') return declaredNames(declaration);
    return (declaration?.type === 'FunctionDeclaration' || declaration?.type === 'ClassDeclaration') && declaration.id ? [declaration.id.name] : [];
  });
}

// `var` belongs to the function around it, however deep it stands.
function hoisted(node: Program | FunctionNode['body'] | Statement): string[] {
  const names: string[] = [];
  recursive(node, null, {
    Function() {},
    VariableDeclaration(declaration) {
      if (declaration.kind === 'var') names.push(...declaredNames(declaration));
    },
  });
  return names;
}
