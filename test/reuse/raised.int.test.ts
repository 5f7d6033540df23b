import { afterEach, describe, expect, it, vi } from 'vitest';
import { Project } from '../support/odw.ts';

// Each test starts several commands, one after another, and some a server.
vi.setConfig({ testTimeout: 180_000 });

let project: Project;
afterEach(() => project.remove());

const three = `const all = []; for (const n of [1, 2, 3]) all.push((await agent('node ' + n, { mockTokens: 100 })).ok); return all`;
const count = (runId: string, type: string) => project.events(runId).filter((event) => event['type'] === type).length;

describe('a limit that stopped a run', () => {
  for (const [flag, low, high, said] of [
    ['--max-agents', '1', '10', 'exceeded the 1-agent runaway backstop'],
    ['--budget', '100', '1000', 'budget exhausted: spent 100 >= total 100'],
  ] as const) {
    it(`RES-06 BUD-09 AGENT-09 ${flag} is raised on a resume; what was paid is kept`, async () => {
      project = new Project({ 'a.js': three });
      const first = await project.odw(['exec', '--script', 'a.js', '--no-report', flag, low]);
      expect([first.code, first.stdout]).toEqual([1, expect.stringContaining(said) as string]);
      const raised = await project.odw(['exec', '--resume', first.runId as string, '--no-report', flag, high]);
      expect(raised.code, raised.stderr).toBe(0);
      const id = raised.runId as string;
      expect([count(id, 'agent_skip'), count(id, 'agent_start'), project.state(id).budget.spent]).toEqual([1, 2, 300]);
      expect(project.run(id)).toMatchObject({ [flag.slice(2).replace('-', '_')]: Number(high) });
    });
  }
});
