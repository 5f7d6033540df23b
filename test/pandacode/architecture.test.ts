import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { claudePin } from '../../pandacode/runtimes/claude/diagnose.ts';
import { codexPin } from '../../pandacode/runtimes/codex/diagnose.ts';
import { pins } from '../../scripts/install-clis.mjs';
import { startFakeLlm } from '../support/fake-llm/fake-llm.mjs';

const root = join(import.meta.dirname, '../..');

function sources(folder: string): { name: string; text: string }[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => ({ name, text: readFileSync(join(root, folder, name), 'utf8') }));
}

afterEach(() => {
  vi.unstubAllEnvs();
  vi.resetModules();
});

describe('how the executor is built', () => {
  it('PC-ARC-02 neither the CLIs nor the SDKs of the vendors are dependencies', () => {
    const { dependencies, devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<string, Record<string, string>>;
    const names = Object.keys({ ...dependencies, ...devDependencies });
    expect(names.filter((name) => /claude|codex|tmux/.test(name))).toEqual([]);
  });

  it('PC-ARC-06 reports are made in one place', () => {
    const makers = sources('pandacode').filter(({ text }) => /changed_files:\s*parts|completion_source:/.test(text));
    expect(makers.map(({ name }) => name)).toEqual(['report/report.ts']);
    const users = sources('pandacode').filter(({ text }) => /\bbuildReport\(\{/.test(text));
    for (const { name } of users) expect(name).toMatch(/^run\//);
  });
});

describe('the CLIs of the tests', () => {
  it('PC-CLAUDE-02 PC-TEST-03 are pinned exactly, and are the versions that doctor compares with', () => {
    expect(pins).toMatchObject({ '@anthropic-ai/claude-code': claudePin, '@openai/codex': codexPin });
    for (const version of Object.values(pins)) expect(version).toMatch(/^\d+\.\d+\.\d+$/);
  });

  it('PC-TEST-04 one that is missing is skipped loudly, or fails when it is required', async () => {
    for (const name of ['CLAUDE_BIN', 'CODEX_BIN']) vi.stubEnv(name, undefined);
    vi.stubEnv('ODW_TEST_CLIS', '/nowhere');
    vi.resetModules();
    const { installedCli } = await import('../support/clis.ts');
    const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    expect(installedCli('claude')).toBeUndefined();
    expect(write).toHaveBeenCalledExactlyOnceWith(
      expect.stringMatching(/^SKIPPED: the claude CLI is not installed in \/nowhere; run .*install-clis.*CLAUDE_BIN\n$/),
    );
    write.mockRestore();
    vi.stubEnv('PANDACODE_REQUIRE_CLIS', '1');
    expect(() => installedCli('codex')).toThrow('the codex CLI is not installed');
  });

  it('PC-TEST-01 PC-TEST-02 talk to a model server on loopback, where scenarios of parallel tests do not meet', async () => {
    const fake = await startFakeLlm();
    try {
      expect(new URL(fake.url).hostname).toBe('127.0.0.1');
      const ask = async (text: string) => {
        const content = `<fake-llm>${JSON.stringify({ turns: [{ text }] })}</fake-llm>`;
        const response = await fetch(`${fake.url}/v1/chat/completions`, {
          method: 'POST',
          body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content }] }),
        });
        return ((await response.json()) as { choices: { message: { content: string } }[] }).choices[0]!.message.content;
      };
      expect(await Promise.all(['a', 'b', 'c'].map(ask))).toEqual(['a', 'b', 'c']);
    } finally {
      await fake.close();
    }
  });
});
