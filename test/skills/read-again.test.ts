import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { loadSkill } from '../../activities/skills/load-skill.ts';
import type { LoadedSkill } from '../../schemas/skills.ts';
import { loadSkill as asked } from '../../workflows/activities.ts';
import { openSkills } from '../../workflows/node/skills.ts';
import type { RunContext } from '../../workflows/run-context.ts';
import type { Scope } from '../../workflows/scope.ts';

vi.mock('node:fs/promises', { spy: true });
vi.mock('../../workflows/activities.ts', () => ({ loadSkill: vi.fn() }));

describe('a skill that could not be read', () => {
  let root: string;
  let file: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'odw-skill-again-'));
    vi.stubEnv('ODW_HOME', join(root, 'home'));
    file = join(root, '.odw/skills/own.md');
    mkdirSync(join(root, '.odw/skills'), { recursive: true });
    writeFileSync(file, 'Own.');
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(root, { recursive: true, force: true, maxRetries: 5 });
  });
  const failOnce = (code: string) => vi.mocked(readFile).mockRejectedValueOnce(Object.assign(new Error(`${code}: it failed`), { code }));

  it.each(['EMFILE', 'ENFILE', 'EIO', 'ESTALE', 'ENOMEM'])('SKILL-03 for a reason that may pass (%s) is asked for again, not refused', async (code) => {
    failOnce(code);
    await expect(loadSkill({ root, id: 'own' })).rejects.toThrow(`${file} cannot be used: ${code}`);
    expect(await loadSkill({ root, id: 'own' })).toMatchObject({ ok: true, text: 'Own.' });
  });

  it('SKILL-03 for a reason that stays is refused', async () => {
    failOnce('EACCES');
    expect(await loadSkill({ root, id: 'own' })).toMatchObject({ ok: false, message: expect.stringContaining('SKILL_UNKNOWN') as string });
    symlinkSync('round.md', join(root, '.odw/skills/round.md'));
    expect(await loadSkill({ root, id: 'round' })).toMatchObject({ ok: false, message: expect.stringContaining('ELOOP') as string });
  });
});

describe('the skills of an open run', () => {
  const gone: LoadedSkill = { ok: false, message: 'SKILL_UNKNOWN: gone' };
  const there: LoadedSkill = { ok: true, from: 'project', text: 'Own.', sha256: 'a'.repeat(64) };
  const scope = { frame: { meta: {} } } as Scope;
  const open = (ctx: RunContext, ...skills: string[]) => openSkills(ctx, scope, { skills });
  let ctx: RunContext;
  beforeEach(() => {
    vi.mocked(asked).mockReset();
    ctx = { skills: new Map(), input: { root: '/project' } } as unknown as RunContext;
  });

  it('SKILL-03 are read once, but one that was not there is looked for again by a later node', async () => {
    vi.mocked(asked).mockResolvedValueOnce(gone).mockResolvedValueOnce(there);
    // Nodes that wait for the same answer take it.
    const [one, other] = await Promise.all([open(ctx, 'own'), open(ctx, 'own')]);
    expect([one?.problem, other?.problem, vi.mocked(asked).mock.calls.length]).toEqual([gone.message, gone.message, 1]);
    for (let node = 0; node < 2; node++) expect(await open(ctx, 'own')).toMatchObject({ problem: undefined, loaded: [{ id: 'own', text: 'Own.' }] });
    expect(asked).toHaveBeenCalledTimes(2);
  });

  it('SKILL-03 a late word of one that was not there takes nothing from who asked after it', async () => {
    vi.mocked(asked).mockImplementation(({ id }) => Promise.resolve(id === 'own' && vi.mocked(asked).mock.calls.length === 1 ? gone : there));
    let answer = (_skill: LoadedSkill) => {};
    const late = new Promise<LoadedSkill>((resolve) => (answer = resolve));
    ctx.skills.set('slow', late);
    const first = open(ctx, 'own', 'slow');
    await open(ctx, 'own');
    await open(ctx, 'own');
    answer(there);
    expect((await first)?.problem).toBe(gone.message);
    const calls = vi.mocked(asked).mock.calls.length;
    expect((await open(ctx, 'own'))?.problem).toBeUndefined();
    expect(vi.mocked(asked).mock.calls.length).toBe(calls);
  });
});
