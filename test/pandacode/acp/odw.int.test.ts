import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Project } from '../../support/odw.ts';
import { scriptedAgent, steps } from './scripted.ts';

const question = {
  elicit: { message: 'Which colour?', requestedSchema: { type: 'object', properties: { colour: { type: 'string', enum: ['red', 'blue'] } } } },
};

describe('a node of the acp runtime', () => {
  it('EXEC-05 PC-ACP-01 PC-ACP-03 names its agent, returns data that matches, and is asked on when it waits', async () => {
    const project = new Project();
    writeFileSync(
      join(project.dir, 'flow.js'),
      `
export const meta = { name: 'acp-nodes', phases: [{ title: 'Ask' }] };
phase('Ask');
const acpAgent = ${JSON.stringify(scriptedAgent())};
const schema = { type: 'object', required: ['ok'], properties: { ok: { type: 'boolean' } } };
const text = await agent(${JSON.stringify(steps({ say: 'hello there' }))}, { label: 'greeter', runtime: 'acp', acpAgent });
const data = await agent(${JSON.stringify(steps({ say: '{"ok":true}' }))}, { label: 'data', runtime: 'acp', acpAgent, schema });
const asked = await agent(${JSON.stringify(steps(question, { hang: true }))}, { label: 'asks', runtime: 'acp', acpAgent });
const missing = await agent('x', { label: 'missing', runtime: 'acp', acpAgent: '/no/such/agent' });
return { text, data, asked, missing };
`,
    );
    const end = await project.odw(['exec', '--script', 'flow.js', '--backend', 'pandacode', '--json']);
    const result = JSON.parse(end.stdout) as Record<string, unknown>;
    expect(result).toMatchObject({ text: 'hello there', data: { ok: true }, missing: { ok: false, error: { category: 'not_installed' } } });
    // The agent echoes the answer that odw gave in place of a person.
    expect(result['asked']).toEqual(expect.stringMatching(/\w/));
    project.remove();
  });
});
