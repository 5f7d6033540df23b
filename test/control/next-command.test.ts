import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { nextCommand } from '../../cli/runs/next-command.ts';
import type { RunFile } from '../../schemas/run-file.ts';

const root = mkdtempSync(join(tmpdir(), 'odw-next-'));
const dir = join(root, '.odw', 'runs', 'r1');
mkdirSync(dir, { recursive: true });
afterAll(() => rmSync(root, { recursive: true, force: true }));

const next = (fields: object) => nextCommand(dir, { run_id: 'r1', status: 'running', ...fields } as RunFile);
const heldBy = (host: string) => writeFileSync(join(dir, 'host.lock'), JSON.stringify({ host, pid: 4711, start: '1' }));
const resume = `odw exec --path ${root} --resume r1`;

describe('the command with which a run goes on', () => {
  it('RUN-06 is a resume for a run whose host is gone, and nothing for one that goes on or completed', () => {
    expect(next({ state: 'interrupted' })).toBe(resume);
    expect(next({ state: 'running' })).toBeUndefined();
    expect(next({ state: 'completed', status: 'completed' })).toBeUndefined();
    expect(next({ state: 'paused' })).toBe(`odw unpause --path ${root} r1`);
  });

  it('RUN-06 ends a host that hangs, where it runs', () => {
    expect(next({ state: 'stalled' })).toBe(resume);
    heldBy(hostname());
    expect(next({ state: 'stalled' })).toBe(`kill -9 4711 && ${resume}`);
    heldBy('another-machine');
    expect(next({ state: 'stalled' })).toBe(`on another-machine: kill -9 4711 && ${resume}`);
    expect(next({ state: 'stalled', schedule: 'nightly' })).toBe('odw worker start');
  });
});
