import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FakeLlm } from '../support/fake-llm/fake-llm.mjs';
import { readJson, standIn, until, workspace } from '../support/pandacode.ts';
import { scriptedAgent, steps } from './acp/scripted.ts';

const shell = 'echo $$ > shell.tmp; mv shell.tmp shell; while [ ! -e go ]; do sleep 0.1; done';
const scenario = (turns: object[]) => `Work. <fake-llm>${JSON.stringify({ turns })}</fake-llm>`;
/** How each runtime is brought to work with a shell of its own until there is a file `go`, and what it does `next`. */
const work: Record<string, { flags: string[]; task: string; next: { flags: string[]; task: string } }> = {
  claude: { flags: ['--claude-bin', standIn('works')], task: 'x', next: { flags: ['--claude-bin', standIn('tell')], task: 'x' } },
  codex: { flags: ['--codex-bin', standIn('works')], task: 'x', next: { flags: ['--codex-bin', standIn('codex-tell')], task: 'x' } },
  bamboo: { flags: [], task: scenario([{ bash: shell }, { text: 'worked' }]), next: { flags: [], task: scenario([{ text: 'next' }]) } },
  acp: {
    flags: ['--agent', scriptedAgent()],
    task: steps({ run: { command: 'sh', args: ['-c', shell] } }, { say: 'worked' }),
    next: { flags: ['--agent', scriptedAgent()], task: steps({ say: 'next' }) },
  },
};

export const runtimesAtWork = Object.keys(work);

/** A workspace, and the command lines for a run that works in it. */
export function atWork(runtime: string, fake: FakeLlm) {
  const ws = workspace();
  const report = join(ws, '..', 'report.json');
  const pid = join(ws, '..', 'pid.json');
  const shared = ['--report-file', report, '--pid-file', pid];
  const env = { DEEPSEEK_API_KEY: 'sk-deepseek-0123456789', DEEPSEEK_BASE_URL: fake.url, CODEX_API_KEY: 'k', ANTHROPIC_API_KEY: 'k' };
  const { flags, task, next } = work[runtime]!;
  return {
    ws,
    report,
    pid,
    env,
    exec: [runtime, 'exec', '--cd', ws, '--session', 's', '--json', '--task', task, ...flags, ...shared, '--dispatch-id', 'd1'],
    // The same session again, as a retry would take it.
    resume: [runtime, 'resume', '--cd', ws, '--session', 's', '--json', '--task', next.task, ...next.flags],
    command: (name: string) => [runtime, name, '--cd', ws, '--session', 's', '--json'],
    next: [runtime, 'exec', '--cd', ws, '--session', 's', '--json', '--task', next.task, ...next.flags],
    wait: ['wait', ...shared, '--json', '--dispatch-id', 'd1'],
    atWork: () => until(() => existsSync(join(ws, 'shell')) && existsSync(pid) && (readJson(pid)['children'] as unknown[]).length > 0, 'the shell'),
    shell: () => Number(readFileSync(join(ws, 'shell'), 'utf8')),
    children: () => (readJson(pid)['children'] as { pid: number }[]).map((child) => child.pid),
  };
}
