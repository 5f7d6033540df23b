import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { installedCli } from '../support/clis.ts';
import { startFakeLlm, type FakeLlm, type Scenario } from '../support/fake-llm/fake-llm.mjs';
import { pandacode, removeWorkspaces, workspace } from '../support/pandacode.ts';

/** The installed CLI; undefined where there is none. */
export const cli = installedCli('claude');
/** The vendor that the CLI speaks to; there from `useFakeVendor` on. */
export let fake: FakeLlm;

/** Starts a vendor of its own for the tests of a file, and clears away after them. */
export function useFakeVendor(): void {
  beforeAll(async () => {
    fake = await startFakeLlm();
  });
  afterAll(async () => {
    await fake.close();
    removeWorkspaces();
  });
}

export const schema = { type: 'object', properties: { ok: { type: 'boolean' } }, required: ['ok'], additionalProperties: false };

export function task(scenario: Scenario): string {
  return `Do the task.\n<fake-llm>${JSON.stringify(scenario)}</fake-llm>`;
}

export function environment(more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  return { ANTHROPIC_BASE_URL: fake.url, ANTHROPIC_API_KEY: 'sk-fake-0123456789abcdef', PANDACODE_CLAUDE_BIN: cli, ...more };
}

export async function run(scenario: Scenario, args: string[] = [], env: NodeJS.ProcessEnv = {}, ws = workspace(), command = 'exec') {
  const ended = await pandacode(
    ['claude', command, '--cd', ws, '--session', 's', '-', '--json', ...(command === 'exec' ? ['--model', 'sonnet', '--effort', 'low'] : []), ...args],
    { input: task(scenario), env: environment(env) },
  );
  if (!ended.report) throw new Error(`no report: ${ended.stdout} ${ended.stderr}`);
  return { ...ended, ws };
}

export function withSchema(value: object = schema): { ws: string; flags: string[] } {
  const ws = workspace();
  writeFileSync(join(ws, 'schema.json'), JSON.stringify(value));
  return { ws, flags: ['--schema-file', join(ws, 'schema.json')] };
}

export const fails = (error: object): Scenario => ({ turns: [{ error }] });
