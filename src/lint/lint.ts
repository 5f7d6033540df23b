import type { Dialect } from '../../schemas/script.ts';
import { isOdwError, type OdwError } from '../errors/error.ts';
import { claudeFormProblems, exportsMeta } from '../script/claude-form.ts';
import { compileScript } from '../script/compile.ts';
import { readExports, type ScriptExports } from '../script/exports.ts';
import { parseScript, type ParsedScript } from '../script/parse.ts';
import { placeInScript } from '../script/script-error.ts';
import type { Finding } from './finding.ts';
import type { Rule } from './rule.ts';
import { rules as allRules } from './rules/index.ts';
import { openScript } from './script.ts';

export interface LintFile {
  path: string;
  source: string;
  /** The dialect that the caller named. */
  dialect?: Dialect | undefined;
}

/**
 * Looks for mistakes in a script without running it (LINT-01), in the order of the file.
 * A script that cannot be loaded has one finding, whose code is the error's name in capitals: `SCRIPT_SYNTAX`.
 */
export async function lintScript(file: LintFile, rules: readonly Rule[] = allRules): Promise<Finding[]> {
  let script: ParsedScript;
  let meta: ScriptExports['meta'];
  let compiled: Awaited<ReturnType<typeof compileScript>>;
  try {
    // In the dialect odw, which asks for no form: what the other asks for is listed below, all of it.
    compiled = await compileScript({ path: file.path, source: file.source, dialect: 'odw' });
    script = await parseScript(file.path, file.source);
    meta = readExports(script, { inserts: [], blanks: [] }).meta;
  } catch (error) {
    if (!isOdwError(error)) throw error;
    return [unloadable(file.path, error)];
  }
  const findings: Finding[] = [];
  const add = (code: string, severity: Finding['severity'], offset: number, message: string): void => {
    findings.push({ code, severity, path: file.path, ...placeInScript(script, offset), message });
  };
  const named = file.dialect ?? compiled.meta.dialect;
  const dialect = named ?? 'odw';
  if (dialect === 'claude') {
    for (const { code, offset, message } of claudeFormProblems(script, meta)) add(code, 'error', offset, message);
  }
  const facts = {
    program: script.program,
    meta: compiled.meta,
    computedMeta: meta ? undefined : script.program.body.find(exportsMeta),
    dialect,
    dialectIsNamed: named !== undefined,
  };
  const opened = openScript(facts);
  for (const rule of rules) await rule.check(opened, ({ start }, message, severity = rule.severity) => add(rule.code, severity, start, message));
  return findings.sort((a, b) => a.line - b.line || a.column - b.column);
}

function unloadable(path: string, error: OdwError): Finding {
  const { line, column, problem } = error.fields;
  const [, excerpt = ''] = /\n([^]*)$/.exec(error.message) ?? [];
  return {
    code: error.slug.replaceAll('-', '_').toUpperCase(),
    severity: 'error',
    path,
    line: Number(line ?? 1),
    column: Number(column ?? 1),
    message: String(problem ?? error.message),
    excerpt,
  };
}
