import type { CompiledScript } from '../../schemas/script.ts';
import { OdwError } from '../../src/errors/error.ts';
import type { Finding } from '../../src/lint/finding.ts';
import { lintScript } from '../../src/lint/lint.ts';
import { dialectNulls } from '../../src/lint/rules/dialect-nulls.ts';
import { rules } from '../../src/lint/rules/index.ts';
import { findingText } from '../lint/text.ts';
import type { ExecOutput } from './output.ts';
import type { RunPlan } from './plan.ts';

/**
 * Looks at a script before its run costs anything (LINT-01), and hints at tests for null that the dialect does not have (DIAL-02).
 *
 * @param refuseErrors whether errors end the command: on a real backend they would waste what agents cost
 * @throws OdwError `script-lint`
 */
export async function lintFirst(plan: RunPlan, script: CompiledScript, refuseErrors: boolean, output: ExecOutput): Promise<void> {
  const file = { path: plan.scriptPath, source: plan.source, dialect: plan.options.dialect ?? script.meta.dialect };
  const findings = await lintScript(file, refuseErrors ? rules : [dialectNulls]);
  const nulls = findings.find(({ code }) => code === dialectNulls.code);
  if (nulls) output.notice(`hint ${nulls.code} at line ${nulls.line}: ${nulls.message}`);
  const errors = refuseErrors ? findings.filter(({ severity }) => severity === 'error') : [];
  if (errors.length > 0) throw refusal(errors);
}

function refusal(errors: readonly Finding[]): OdwError {
  const count = errors.length === 1 ? 'a mistake' : `${errors.length} mistakes`;
  return new OdwError('script-lint', `${count} in the workflow script; nothing was started\n${errors.map(findingText).join('\n')}`, {
    fields: { errors: errors.map(({ code, line, column, message }) => ({ code, line, column, message })) },
  });
}
