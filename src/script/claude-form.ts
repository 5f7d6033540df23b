import type { ModuleDeclaration, Statement } from 'acorn';
import type { Json } from '../../schemas/json.ts';
import type { ParsedScript } from './parse.ts';
import { declaredNames } from './scope.ts';

/** One way in which a script is not in the form of the dialect claude. */
export interface FormProblem {
  code: 'META_NOT_FIRST' | 'META_NOT_LITERAL' | 'META_MISSING_FIELD' | 'TYPESCRIPT_NOT_ALLOWED';
  /** In the script's text. */
  offset: number;
  message: string;
}

/** The efforts of the dialect claude (DIAL-13). */
export const claudeEfforts: readonly string[] = ['low', 'medium', 'high', 'xhigh', 'max'];

/**
 * What keeps a script from being one of the dialect claude (DIAL-05 to DIAL-07, DIAL-10): there `meta` is the first statement,
 * a literal, and has a name and a description, and the script is plain JavaScript.
 *
 * @param meta the literal of an exported `meta`, when it is one
 */
export function claudeFormProblems(script: ParsedScript, meta: { literal: Json; offset: number } | undefined): FormProblem[] {
  const problems: FormProblem[] = [];
  const typed = firstDifference(script.javascript, script.text.replace(/^#!/, '//'));
  if (typed !== undefined)
    problems.push({ code: 'TYPESCRIPT_NOT_ALLOWED', offset: typed, message: 'the dialect claude is plain JavaScript: remove the types' });
  const { body } = script.program;
  const statement = body.find(exportsMeta);
  if (statement === undefined || statement !== body[0]) {
    const found = statement === undefined ? 'the script has none' : 'here it comes later';
    problems.push({ code: 'META_NOT_FIRST', offset: statement?.start ?? 0, message: `the first statement must be \`export const meta = {…}\`; ${found}` });
  }
  if (statement === undefined) return problems;
  if (!meta) return [...problems, { code: 'META_NOT_LITERAL', offset: statement.start, message: 'meta must be written out: nothing in it may be computed' }];
  const fields = typeof meta.literal === 'object' && meta.literal !== null && !Array.isArray(meta.literal) ? meta.literal : {};
  for (const name of ['name', 'description']) {
    const value = fields[name];
    if (typeof value !== 'string' || value.trim() === '')
      problems.push({ code: 'META_MISSING_FIELD', offset: meta.offset, message: `meta needs a ${name}: a text that is not empty` });
  }
  return problems;
}

/** Whether a statement exports `meta`. */
export function exportsMeta(statement: Statement | ModuleDeclaration): boolean {
  if (statement.type !== 'ExportNamedDeclaration') return false;
  const { declaration, specifiers } = statement;
  if (declaration?.type === 'VariableDeclaration') return declaredNames(declaration).includes('meta');
  return specifiers.some(({ exported }) => (exported.type === 'Identifier' ? exported.name : exported.value) === 'meta');
}

function firstDifference(a: string, b: string): number | undefined {
  if (a === b) return undefined;
  let i = 0;
  while (a[i] === b[i]) i++;
  return i;
}
