import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { pandacode, removeWorkspaces, startPandacode, workspace, type Ended, type Started } from '../../support/pandacode.ts';
import { startFakeLlm, type FakeLlm, type Scenario } from '../../support/fake-llm/fake-llm.mjs';

export const testKey = 'sk-test-0123456789abcdef0123';

/** A task whose model replies are given. */
export function taskOf(turns: Scenario['turns'], more: Partial<Scenario> = {}, text = 'Do the task.'): string {
  return `${text} <fake-llm>${JSON.stringify({ turns, ...more })}</fake-llm>`;
}

export interface BambooTest {
  server: FakeLlm;
  /** Variables that point deepseek at the server. */
  env: NodeJS.ProcessEnv;
  exec(task: string, options?: { flags?: string[]; ws?: string; env?: NodeJS.ProcessEnv; command?: string[] }): Promise<Ended & { ws: string }>;
  start(task: string, options?: { flags?: string[]; ws?: string; env?: NodeJS.ProcessEnv }): Promise<Started & { ws: string }>;
  /** Requests of one workspace, oldest first. */
  requests(ws: string): FakeLlm['requests'];
}

/** A fake model server, and pandacode runs against it. */
export async function bambooTest(options: Parameters<typeof startFakeLlm>[0] = {}): Promise<BambooTest> {
  const server = await startFakeLlm(options);
  const env = { DEEPSEEK_API_KEY: testKey, DEEPSEEK_BASE_URL: server.url };
  const settings = (ws: string, more: NodeJS.ProcessEnv = {}) => {
    const home = join(ws, '..', 'home');
    mkdirSync(home, { recursive: true });
    return { env: { ...env, HOME: home, ...more } };
  };
  const args = (task: string, ws: string, flags: string[], command = ['bamboo', 'exec']) => {
    const source = command[1] === 'answer' ? [] : ['--task', task];
    return [...command, '--cd', ws, '--session', 's', '--json', ...source, ...flags];
  };
  return {
    server,
    env,
    exec: async (task, { flags = [], ws = workspace(), env: more, command } = {}) => ({
      ...(await pandacode(args(task, ws, flags, command), settings(ws, more))),
      ws,
    }),
    start: async (task, { flags = [], ws = workspace(), env: more } = {}) => ({ ...(await startPandacode(args(task, ws, flags), settings(ws, more))), ws }),
    requests: (ws) => server.requests.filter((one) => JSON.stringify(one.body).includes(ws)),
  };
}

/** {@link bambooTest} for all tests of a file, with the folders that they make; filled before the first and taken away after the last. */
export function useBamboo(): BambooTest {
  const bamboo = {} as BambooTest;
  beforeAll(async () => void Object.assign(bamboo, await bambooTest()));
  afterAll(async () => {
    await bamboo.server.close();
    removeWorkspaces();
  });
  return bamboo;
}

interface Sent {
  role: string;
  content: unknown;
  tool_call_id?: string;
  tool_calls?: { id: string; function: { name: string; arguments: string } }[];
  reasoning_content?: string;
}

export function messagesOf(request: { body: { [field: string]: unknown } } | undefined): Sent[] {
  return (request?.body['messages'] ?? []) as Sent[];
}

/** The parsed results of tools in a request. */
export function toolResults(request: { body: { [field: string]: unknown } } | undefined): Record<string, unknown>[] {
  return messagesOf(request)
    .filter((one) => one.role === 'tool')
    .map((one) => JSON.parse(/<<<BAMBOO_TOOL_RESULT>>>\n([\s\S]*)\n<<<BAMBOO_TOOL_RESULT_END>>>/.exec(String(one.content))![1]!) as Record<string, unknown>);
}
