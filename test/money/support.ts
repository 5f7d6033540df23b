import { chmodSync } from 'node:fs';
import { Project } from '../support/odw.ts';

/** What the scripted executor does for a node: the text of its prompt after `SPEC `. */
export interface Spec {
  ok?: boolean;
  ms?: number;
  report?: object;
  /** What it does at its first start, its second, and so on; the last holds for all that follow. */
  tries?: Spec[];
  /** Names the file `count.ID` that grows by a byte with each start. */
  id?: string;
}

const executor = `#!${process.execPath}
const fs = require('node:fs');
const argv = process.argv.slice(2);
const value = (flag) => argv[argv.indexOf(flag) + 1];
const spec = JSON.parse(/SPEC (.*)/.exec(fs.readFileSync(value('--task-file'), 'utf8'))[1]);
const count = './count.' + (spec.id ?? 'x');
const before = fs.existsSync(count) ? fs.readFileSync(count, 'utf8').length : 0;
if (spec.id) fs.appendFileSync(count, '.');
const one = spec.tries ? spec.tries[Math.min(before, spec.tries.length - 1)] : spec;
setTimeout(() => {
  const failed = one.ok === false ? { error: { category: 'timeout', message: 'no', retryable: true } } : {};
  console.log(JSON.stringify({ ok: one.ok !== false, state: 'completed', session: value('--session'), last_agent_message: 'done', ...failed, ...one.report }));
  process.exitCode = one.ok === false ? 1 : 0;
}, one.ms ?? 0);
`;

/** Shortens scripts: \`ask(spec)\` is a prompt, \`used(input, output)\` the usage of a report. */
const head = `const ask = (spec) => 'SPEC ' + JSON.stringify(spec);
const used = (input, output) => ({ input, cached_input: 0, cache_write: 0, output, reasoning: 0, total_tokens: input + output });
`;

/** A project whose script \`a.js\` asks an executor that tells what its nodes say. */
export function moneyProject(script: string, files: Record<string, string> = {}): Project {
  const meta = /^export const meta = .*\n/.exec(script)?.[0] ?? '';
  const project = new Project({ 'a.js': meta + head + script.slice(meta.length), executor, ...files });
  chmodSync(`${project.dir}/executor`, 0o755);
  return project;
}

export const paid = { ODW_PANDACODE_BIN: './executor' };
export const exec = (...more: string[]): string[] => ['exec', '--script', 'a.js', '--backend', 'pandacode', ...more];
