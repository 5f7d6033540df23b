import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blobDataConverter } from '../../temporal/blobs/data-converter.ts';
import { connectEngine } from '../../temporal/connect.ts';
import { ensureEngine } from '../../temporal/engine/index.ts';
import { installedCli } from '../support/clis.ts';
import { startFakeLlm, type FakeLlm } from '../support/fake-llm/fake-llm.mjs';
import { Project, startOdw } from '../support/odw.ts';
import { emptyHome } from '../support/pandacode.ts';

const claude = installedCli('claude');
const codex = installedCli('codex');

let fake: FakeLlm;
beforeAll(async () => {
  fake = await startFakeLlm();
  await ensureEngine();
});
afterAll(() => fake.close());

const environment = (): NodeJS.ProcessEnv => ({
  HOME: emptyHome(),
  ANTHROPIC_BASE_URL: fake.url,
  ANTHROPIC_API_KEY: 'sk-fake-0123456789abcdef',
  PANDACODE_CLAUDE_BIN: claude,
  PANDACODE_CODEX_BASE_URL: `${fake.url}/v1`,
  CODEX_API_KEY: 'sk-fake-0123456789abcdef',
  PANDACODE_CODEX_BIN: codex,
});

const scenario = (turns: object[]) => `<fake-llm>${JSON.stringify({ turns })}</fake-llm>`;

const script = (pause: number) => `
export const meta = { name: 'two-clis', phases: [{ title: 'Edit' }] };
phase('Edit');
const before = await agent(${JSON.stringify(`First: say hello. ${scenario([{ text: 'hello there' }])}`)}, { label: 'greeter' });
const [fixed, noted] = await parallel([
  () => agent(${JSON.stringify(
    `Edit the file. ${scenario([
      { write: { path: 'claude.txt', content: 'by claude\n' } },
      { bash: `sleep ${pause}; echo 'done' > late.txt` },
      { json: { files: ['claude.txt'], ok: true } },
    ])}`,
  )}, {
    label: 'fixer', runtime: 'claude', isolation: 'worktree',
    schema: { type: 'object', required: ['files', 'ok'], properties: { files: { type: 'array', items: { type: 'string' } }, ok: { type: 'boolean' } } },
  }),
  () => agent(${JSON.stringify(`Write a note. ${scenario([{ write: { path: 'codex.txt', content: 'by codex\n' } }, { bash: `sleep ${pause}` }, { text: 'noted' }])}`)}, {
    label: 'noter', runtime: 'codex', isolation: 'worktree',
  }),
]);
return { before, fixed, noted };
`;

describe.skipIf(!claude || !codex)('odw with the real CLIs', () => {
  it('runs Claude Code and Codex side by side in worktrees, and returns validated data and both diffs', async () => {
    const project = new Project({ 'flow.js': script(0), 'README.md': 'base\n' }).git();
    const end = await project.odw(['exec', '--script', 'flow.js', '--backend', 'pandacode', '--json'], environment());
    expect(end.stderr).toBe('');
    const result = JSON.parse(end.stdout) as Record<string, Record<string, unknown>>;
    expect(end.code).toBe(0);
    expect(result['before']).toBe('hello there');
    expect(result['fixed']).toMatchObject({ files: ['claude.txt'], ok: true, worktree: { changed: true, files: ['claude.txt', 'late.txt'] } });
    expect(result['noted']).toMatchObject({ text: 'noted', worktree: { changed: true, files: ['codex.txt'] } });
    expect(JSON.stringify(result['noted'])).toContain('+by codex');
    expect(JSON.stringify(result['fixed'])).toContain('+by claude');
    // The user's own tree is untouched, and no worktree is left.
    expect(readdirSync(project.dir).sort()).toEqual(['.git', '.odw', '.pandacode', 'README.md', 'flow.js']);
    expect(readFileSync(join(project.dir, 'README.md'), 'utf8')).toBe('base\n');
    expect(existsSync(join(project.dir, '.git', 'worktrees')) ? readdirSync(join(project.dir, '.git', 'worktrees')) : []).toEqual([]);
    await showsInWebUi(project, end);
    project.remove();
  });

  it('RES-02 goes on after kill -9 of the host: finished nodes are kept, running CLIs adopted', async () => {
    const project = new Project({ 'flow.js': script(4) }).git();
    const before = fake.requests.length;
    const first = startOdw(['exec', '--script', 'flow.js', '--backend', 'pandacode'], { cwd: project.dir, env: environment() });
    await first.until(/start Edit \/ noter/);
    const started = Date.now();
    while (fake.requests.slice(before).filter((request) => JSON.stringify(request.body).includes('sleep 4')).length < 2 && Date.now() - started < 20_000)
      await new Promise((r) => setTimeout(r, 100));
    first.child.kill('SIGKILL');
    await first.end;

    const second = await project.odw(['exec', '--resume', 'latest'], environment());
    expect(second.code).toBe(0);
    const runId = second.runId as string;
    const result = project.state(runId).result as Record<string, Record<string, unknown>>;
    expect(result['fixed']).toMatchObject({ ok: true, worktree: { files: ['claude.txt', 'late.txt'] } });
    expect(result['noted']).toMatchObject({ text: 'noted', worktree: { files: ['codex.txt'] } });
    // Each prompt was answered by one conversation only: no CLI was started twice.
    const openings = fake.requests.slice(before).filter((request) => request.turn === 0 && !/count_tokens/.test(request.url));
    const asked = (text: string) => openings.filter((request) => JSON.stringify(request.body).includes(text)).length;
    expect([asked('First: say hello'), asked('Edit the file'), asked('Write a note')]).toEqual([1, 1, 1]);
    expect(project.events(runId).filter((event) => event['type'] === 'agent_start')).toHaveLength(3);
    project.remove();
  });
});

// The Web UI reads these over the same API: the run by its id, under the script's own name, each activity with its label.
async function showsInWebUi(project: Project, end: { stdout: string }): Promise<void> {
  const runId = readdirSync(join(project.dir, '.odw', 'runs')).find((name) => name.startsWith('odw-exec-')) as string;
  expect(end.stdout).not.toContain(runId);
  const engine = await ensureEngine();
  const page = await fetch(`${engine.uiUrl}/api/v1/namespaces/${engine.namespace}/workflows/${runId}`);
  const description = (await page.json()) as { workflowExecutionInfo: { type: { name: string }; status: string } };
  expect(description.workflowExecutionInfo).toMatchObject({ type: { name: 'two-clis' }, status: 'WORKFLOW_EXECUTION_STATUS_COMPLETED' });
  const { connection, client } = await connectEngine(engine, blobDataConverter());
  const history = await client.workflow.getHandle(runId).fetchHistory();
  const labels = (history.events ?? []).flatMap((event) =>
    event.activityTaskScheduledEventAttributes && event.userMetadata?.summary?.data
      ? [JSON.parse(Buffer.from(event.userMetadata.summary.data).toString()) as string]
      : [],
  );
  // Of nodes in parallel, the one whose schema has to be looked at first may be dispatched second.
  expect([labels[0], ...labels.slice(1).sort()]).toEqual(['Edit / greeter', 'Edit / fixer', 'Edit / noter']);
  await connection.close();
}
