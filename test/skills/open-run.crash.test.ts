import { chmodSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { Project, startOdw } from '../support/odw.ts';

// Several commands, one after another.
vi.setConfig({ testTimeout: 300_000 });

// Keeps what it is asked; works on what is asked to wait until the file "go" is there.
const executor = `#!/bin/sh
f=$(echo "$*" | sed 's/.*--task-file \\([^ ]*\\).*/\\1/')
[ -f "$f" ] || exit 0
cp "$f" "$ODW_FIXTURE_DIR/asked-$(head -1 "$f")"
if grep -q '^wait' "$f"; then while [ ! -e "$ODW_FIXTURE_DIR/go" ] && [ -d "$ODW_FIXTURE_DIR" ]; do sleep 0.1; done; fi
echo '{"ok":true,"state":"completed","last_agent_message":"answer","usage":{"total_tokens":7}}'
`;
const skill = '.odw/skills/house.md';

let project: Project;
afterEach(() => project.remove());

const asked = (prompt: string) => readFileSync(join(project.dir, `asked-${prompt}`), 'utf8');
const started = (runId: string) => project.events(runId).filter(({ type }) => type === 'agent_start');
const explain = async (runId: string) => {
  const { code, stdout, stderr } = await project.odw(['exec', '--resume', runId, '--explain', '--json']);
  expect(code, stderr).toBe(0);
  const { open, nodes } = JSON.parse(stdout) as { open: boolean; nodes: { label: string; decision: string; reason: string | null; skills?: string[] }[] };
  return { open, nodes: Object.fromEntries(nodes.map(({ label, decision, reason, skills }) => [label, skills ?? reason ?? decision])) };
};

it('SKILL-02 RES-02 EXPL-01 an open run goes on with the text that it has read, its resume says what was edited, and a closed one reads it anew', async () => {
  project = new Project({
    [skill]: 'Be brief.',
    '.odw/skills/other.md': 'Say please.',
    executor,
    'a.js': `await agent('first', { label: 'first', skills: ['house', 'other'] });
      await agent('wait', { label: 'slow' });
      await agent('second', { label: 'second', skills: ['house'] });
      await agent('third', { label: 'third', skills: ['other'] });
      return 'done';`,
  });
  chmodSync(join(project.dir, 'executor'), 0o755);
  const env = { ODW_FIXTURE_DIR: project.dir };
  const host = startOdw(['exec', '--script', 'a.js', '--backend', 'pandacode', '--pandacode-bin', './executor', '--no-report'], { cwd: project.dir, env });
  await host.until(/start {2}\/ slow/);
  host.child.kill('SIGKILL');
  const id = (await host.end).runId as string;

  project.write(skill, 'Be long.');
  expect(await explain(id)).toMatchObject({ open: true, nodes: { first: 'reuse', slow: 'unknown', second: 'NEW', third: 'NEW' } });
  project.write('go', '');
  const end = await project.odw(['exec', '--resume', id, '--no-report'], env);
  expect([end.code, end.runId], end.stderr).toEqual([0, id]);
  expect(end.stderr).toContain(
    `files that nodes of run ${id} went by were edited: skill house. The open run keeps their results; for new ones: odw stop ${id}`,
  );
  expect(started(id).map(({ label }) => label)).toEqual(['first', 'slow', 'second', 'third']);
  expect([asked('first'), asked('second')].map((text) => /Be \w+\./.exec(text)?.[0])).toEqual(['Be brief.', 'Be brief.']);

  // Closed, it is compared with what stands there now, and runs exactly what goes by it.
  const nodes = { first: ['house edited'], slow: 'reuse', second: ['house edited'], third: 'reuse' };
  expect(await explain(id)).toEqual({ open: false, nodes });
  // The hash that the open run kept comes back with its journal.
  const kept = started(id).map(({ skills }) => skills);
  rmSync(join(project.runDir(id), 'events.jsonl'));
  expect((await project.odw(['runs', 'rebuild', id])).code).toBe(0);
  expect(started(id).map(({ skills }) => skills)).toEqual(kept);
  const again = await project.odw(['exec', '--resume', id, '--no-report'], env);
  expect([again.code, started(again.runId as string).map(({ label }) => label)]).toEqual([0, ['first', 'second']]);
  expect([asked('first'), asked('second')].map((text) => /Be \w+\./.exec(text)?.[0])).toEqual(['Be long.', 'Be long.']);
});
