import { describe, expect, it } from 'vitest';
import { readFailover, readTarget } from '../../src/policy/failover.ts';
import { readMeta as readInSandbox } from '../../workflows/meta.ts';
import { readMeta } from '../../src/script/meta.ts';

describe('where a node may go', () => {
  it.each([
    ['codex', { runtime: 'codex' }],
    ['claude/opus', { runtime: 'claude', model: 'opus' }],
    ['acp:gemini', { runtime: 'acp', acpAgent: 'gemini' }],
    ['deepseek', { runtime: 'bamboo', provider: 'deepseek' }],
    ['openrouter/z-ai/glm', { runtime: 'bamboo', provider: 'openrouter', model: 'z-ai/glm' }],
    ['', undefined],
    ['/x', undefined],
    ['acp:', undefined],
  ])('QUOTA-07 %j is %j', (text, target) => {
    expect(readTarget(text)).toEqual(target);
  });

  it('QUOTA-07 what makes no sense in meta.failover counts as absent, and nobody is asked to take over from itself', () => {
    expect(readFailover({ claude: ['codex', 'claude', 'claude/opus', 7, '', 'codex'], codex: 'deepseek', x: [], y: {} })).toEqual({
      claude: ['codex'],
      codex: ['deepseek'],
    });
    const problems: string[] = [];
    expect(readFailover({ claude: ['codx', 'claude', 7, 'my-codex'], codex: [] }, problems)).toEqual({ claude: ['my-codex'] });
    expect(problems).toEqual([
      expect.stringMatching(/of claude: there is no provider "codx"; did you mean "codex"\?/) as string,
      expect.stringMatching(/of claude: a provider cannot take over from itself/) as string,
      expect.stringMatching(/of claude: expected names such as .* got 7/) as string,
    ]);
    for (const value of [undefined, null, 'codex', ['codex'], {}, { claude: ['claude'] }]) expect(readFailover(value)).toBeUndefined();
  });

  it('QUOTA-07 META-01 is read from the syntax tree and from a meta that the script computes', () => {
    const failover = { claude: ['codex'] };
    expect(readMeta({ failover }, 'a.js').meta.failover).toEqual(failover);
    expect(readInSandbox({ failover }, { name: 'a', phases: [] }).failover).toEqual(failover);
    expect(readMeta({ failover: 1 }, 'a.js').meta).not.toHaveProperty('failover');
  });
});
