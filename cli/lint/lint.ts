import type { Dialect } from '../../schemas/script.ts';
import type { Estimate } from '../../src/lint/estimate.ts';
import type { Finding } from '../../src/lint/finding.ts';
import { lintScript } from '../../src/lint/lint.ts';
import { readScript, resolveRoot, resolveScript } from '../exec/source.ts';
import { printJson, printText } from '../print.ts';
import { findingText } from './text.ts';

export interface LintFlags {
  path: string;
  dialect?: Dialect;
  json?: boolean;
  estimate?: boolean;
  input?: string;
  model?: string;
  provider?: string;
  rates?: string;
}

/** `odw lint` from file names to exit code: 1 when a script has an error. A script with errors is not played. */
export async function lint(files: readonly string[], flags: LintFlags): Promise<number> {
  const findings: Finding[] = [];
  const estimates: (Estimate & { path: string })[] = [];
  for (const file of files) {
    const script = resolveScript(resolveRoot(flags.path), file);
    const found = await lintScript({ path: file, source: readScript(script), dialect: flags.dialect });
    findings.push(...found);
    if (flags.estimate && !found.some(isError)) {
      const { estimateScript } = await import('./estimate.ts');
      estimates.push({ path: file, ...(await estimateScript({ ...flags, script })) });
    }
  }
  const ok = !findings.some(isError);
  if (flags.json) printJson(JSON.stringify({ ok, findings, ...(flags.estimate ? { estimates } : {}) }));
  else printText(await text(files.length, findings, estimates));
  return ok ? 0 : 1;
}

async function text(files: number, findings: readonly Finding[], estimates: readonly (Estimate & { path: string })[]): Promise<string> {
  const lines = [...findings.map((finding) => `${findingText(finding)}\n`), `${summary(files, findings)}\n`];
  if (estimates.length === 0) return lines.join('');
  const { estimateText } = await import('./estimate.ts');
  return [...lines, ...estimates.map((estimate) => estimateText(estimate.path, estimate))].join('');
}

function summary(files: number, findings: readonly Finding[]): string {
  const errors = findings.filter(isError).length;
  const count = (n: number, word: string) => `${n} ${word}${n === 1 ? '' : 's'}`;
  return `${count(files, 'script')}: ${count(errors, 'error')}, ${count(findings.length - errors, 'hint')}`;
}

function isError({ severity }: Finding): boolean {
  return severity === 'error';
}
