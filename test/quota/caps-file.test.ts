import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { accountOf } from '../../activities/provider-cap/account.ts';
import { readCaps } from '../../activities/provider-cap/caps-file.ts';
import { readSlots, slotFile } from '../../activities/provider-cap/slot-file.ts';
import { noSlots } from '../../src/policy/slots.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'odw-caps-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true, maxRetries: 5 }));

const put = (value: unknown) => writeFileSync(join(home, 'providers.json'), typeof value === 'string' ? value : JSON.stringify(value));

describe('caps that a person set for a provider', () => {
  it('RATE-01 are those of the provider and of its accounts, and of no other', () => {
    put({
      claude: { concurrency: 4 },
      'claude/work': { perMinute: 3 },
      'claude/home': { concurrency: 1 },
      codex: { concurrency: 9 },
      'claude-2/x': { concurrency: 7 },
    });
    expect(readCaps(home, 'claude')).toEqual({ caps: { concurrency: 4, accounts: { work: { perMinute: 3 }, home: { concurrency: 1 } } } });
    expect(readCaps(home, 'codex')).toEqual({ caps: { concurrency: 9 } });
    expect(readCaps(home, 'kimi')).toEqual({ caps: {} });
  });

  it('RATE-01 a change holds at the next look', () => {
    put({ claude: { concurrency: 4 } });
    expect(readCaps(home, 'claude').caps.concurrency).toBe(4);
    put({ claude: { concurrency: 2 } });
    expect(readCaps(home, 'claude').caps.concurrency).toBe(2);
    rmSync(join(home, 'providers.json'));
    expect(readCaps(home, 'claude')).toEqual({ caps: {} });
  });

  it.each([
    ['no JSON', '{"claude": {"concurrency": 2}', 'JSON'],
    ['a number for a provider', { claude: 2 }, 'expected object'],
    ['a width of 0', { claude: { concurrency: 0 } }, '>=1'],
    ['half a node', { claude: { concurrency: 1.5 } }, 'expected int'],
    ['a text', { claude: { perMinute: '30' } }, 'expected number'],
    ['a slip in a name, which would set no cap', { claude: { concurency: 2 } }, 'concurency'],
    ['a list', [], 'expected record'],
  ])('RATE-01 a file that cannot be used is told with what is wrong: %s', (_, value, why) => {
    put(value);
    const { caps, problem } = readCaps(home, 'claude');
    expect(caps).toEqual({});
    expect(problem).toContain(`${join(home, 'providers.json')} cannot be used and is ignored; expected {"<provider>": {"concurrency": N, "perMinute": N}}`);
    expect(problem).toContain(why);
    expect(problem).not.toContain('\n');
  });

  it('RATE-01 a file that is there and cannot be read is told too; one that is not there is no problem', () => {
    mkdirSync(join(home, 'providers.json'));
    expect(readCaps(home, 'claude').problem).toMatch(/providers\.json cannot be read and is ignored: EISDIR/);
    expect(readCaps(join(home, 'nowhere'), 'claude')).toEqual({ caps: {} });
  });
});

describe('the account behind a provider', () => {
  it('RATE-01 is the same for the same credentials, another for others, and tells nothing of them', () => {
    const one = accountOf('claude', { ANTHROPIC_API_KEY: 'sk-secret', HOME: '/a' });
    expect(one).toMatch(/^[0-9a-f]{8}$/);
    expect(accountOf('claude', { ANTHROPIC_API_KEY: 'sk-secret', HOME: '/b', OPENAI_API_KEY: 'x' })).toBe(one);
    const others = [
      { ANTHROPIC_API_KEY: 'sk-other' },
      { ANTHROPIC_AUTH_TOKEN: 'sk-secret' },
      { ANTHROPIC_API_KEY: 'sk-secret', ANTHROPIC_BASE_URL: 'http://gateway' },
    ];
    expect(new Set([one, ...others.map((env) => accountOf('claude', env))]).size).toBe(4);
  });

  it('RATE-01 is the default where only the login decides; an empty variable is none', () => {
    expect([accountOf('claude', {}), accountOf('claude', { ANTHROPIC_API_KEY: '' }), accountOf('codex', { ANTHROPIC_API_KEY: 'x' })]).toEqual(
      Array(3).fill('default'),
    );
  });

  it('RATE-01 of a vendor goes by the variables that begin with its name', () => {
    const key = accountOf('z-ai', { Z_AI_API_KEY: 'k' });
    expect(key).not.toBe('default');
    expect(accountOf('z-ai', { Z_AI_API_KEY: 'k', Z_AI_MODEL: 'glm', Z_API_KEY: 'other' })).toBe(key);
    expect(accountOf('z-ai', { Z_AI_API_KEY: 'k', Z_AI_BASE_URL: 'http://x' })).not.toBe(key);
  });
});

describe('the file of slots', () => {
  it('RATE-01 has a plain name inside its folder, whatever the provider is called', () => {
    for (const provider of ['acp:gemini', '../../etc', 'a/b', 'ä'])
      expect(slotFile(home, provider).slice(home.length)).toMatch(/^\/providers\/[A-Za-z0-9_.-]+\.slots\.json$/);
    expect(slotFile(home, 'claude')).toBe(join(home, 'providers', 'claude.slots.json'));
  });

  it.each(['', '{"holders": [', 'null', '7', '"text"'])('RATE-01 that is torn (%j) counts as empty: it holds no node up', (text) => {
    const path = join(home, 'x.json');
    writeFileSync(path, text);
    expect(readSlots(path)).toMatchObject({ ...noSlots() });
  });
});
