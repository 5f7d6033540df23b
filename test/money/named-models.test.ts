import { describe, expect, it } from 'vitest';
import { compileScript } from '../../src/script/compile.ts';
import { namedModels } from '../../src/prices/named-models.ts';
import type { RunOptions } from '../../schemas/options.ts';

const plain = { model: null, provider: null, providerIsFlag: false };

async function named(source: string, run: Partial<RunOptions> = {}): Promise<string[]> {
  const script = await compileScript({ path: 'a.js', source, dialect: run.dialect });
  const found = await namedModels(script, source, { ...plain, ...run });
  return found.map(
    ({ model, asked, where }) => `${model} ${asked ? [asked.runtime, asked.provider, asked.gateway, asked.acpAgent].filter(Boolean).join(':') : '?'} ${where}`,
  );
}

describe('models that are named before a run starts', () => {
  it('MONEY-02 those that nodes name, with who offers them', async () => {
    const source = `await agent('a', { model: 'opus' });
await agent('b', { runtime: 'codex', model: 'gpt-5.5' });
await agent('c', { provider: 'deepseek', model: \`deepseek-flash\` });
await agent('d', { gateway: 'kimi', model: 'k' });
await agent('e', { runtime: 'acp', acpAgent: 'qwen', model: 'q' });
await agent('f', { agentType: 'odw-codex-coder', model: 'by-type' });
await pandacode.codex('g', { model: 'called' });
const model = 'named-once';
await parallel([1].map(() => ({ prompt: 'h', model })));
await agent('i', { model: 'opus' });`;
    expect(await named(source)).toEqual([
      'opus claude line 1',
      'gpt-5.5 codex line 2',
      'deepseek-flash bamboo:deepseek line 3',
      'k claude:kimi line 4',
      'q acp:qwen line 5',
      'by-type codex line 6',
      'called codex line 7',
      'named-once claude line 9',
    ]);
  });

  it('MONEY-02 both sides of a choice; what is computed, inherited or left out is not known yet', async () => {
    const source = `await agent('a', { model: args.deep ? 'big' : 'small' });
await agent('b', { model: args.model || 'fallback' });
await agent('c', { model: args.model });
await agent('d', { model: 'inherit' });
await agent('e');`;
    expect(await named(source)).toEqual(['big claude line 1', 'small claude line 1', 'fallback claude line 2']);
  });

  it('MONEY-02 the run’s own model counts for the nodes that name none, and is whose they are', async () => {
    const source = `await agent('a'); await agent('b', { runtime: 'codex' }); await agent('c', { model: 'own' });`;
    expect(await named(source, { model: 'm' })).toEqual(['m claude --model', 'm codex --model', 'own claude line 1']);
    expect(await named(`await agent('a')`, { model: 'm', provider: 'kimi', providerIsFlag: true })).toEqual(['m bamboo:kimi --model']);
    // Who is asked is not written out: whoever offers such a model.
    expect(
      await named(`const o = args; await agent('a', o); await agent('b', { ...args, model: 'n' }); await agent('c', { runtime: args.r })`, { model: 'm' }),
    ).toEqual(['m ? --model', 'n ? line 1']);
    expect(await named('return 1', { model: 'm' })).toEqual(['m claude --model']);
  });

  it('MONEY-02 models of phases count where the dialect goes by them', async () => {
    const source = `export const meta = { name: 'n', description: 'd', phases: [{ title: 'Plan', model: 'planner' }, { title: 'Do' }] };
phase('Plan'); await agent('a');`;
    expect(await named(source)).toEqual(['planner claude phase Plan']);
    expect(await named(source, { dialect: 'claude' })).toEqual([]);
  });
});
