import type { Dialect } from '../../schemas/script.ts';
import type { Finding } from '../../src/lint/finding.ts';
import { lintScript } from '../../src/lint/lint.ts';
import { resolveScript, readScript } from '../exec/source.ts';
import { findingText } from './text.ts';

export interface LintFlags {
  dialect?: Dialect;
  json?: boolean;
}

/** `odw lint` from file names to exit code: 1 when a script has an error. */
export async function lint(files: readonly string[], flags: LintFlags): Promise<number> {
  const findings: Finding[] = [];
  for (const file of files) {
    const source = readScript(resolveScript(process.cwd(), file));
    findings.push(...(await lintScript({ path: file, source, dialect: flags.dialect })));
  }
  const ok = findings.every(({ severity }) => severity !== 'error');
  if (flags.json) process.stdout.write(`${JSON.stringify({ ok, findings })}\n`);
  else process.stdout.write(`${findings.map((finding) => `${findingText(finding)}\n`).join('')}${summary(files.length, findings)}\n`);
  return ok ? 0 : 1;
}

function summary(files: number, findings: readonly Finding[]): string {
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  const count = (n: number, word: string) => `${n} ${word}${n === 1 ? '' : 's'}`;
  return `${count(files, 'script')}: ${count(errors, 'error')}, ${count(findings.length - errors, 'hint')}`;
}
