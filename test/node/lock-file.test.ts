import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bootId } from '../../system/boot-id.ts';
import { ownerIsAlive, readLock, thisProcess, tryLock, type LockOwner } from '../../system/lock-file.ts';
import { tempDir } from './support.ts';

const heldBy = (owner: object) => {
  const path = join(tempDir(), 'host.lock');
  writeFileSync(path, JSON.stringify(owner));
  return path;
};

describe('a lock file', () => {
  it('names one process: host, pid, start and boot; is held until that lets go', () => {
    const path = join(tempDir(), 'deep/host.lock');
    const lock = tryLock(path);
    expect(readLock(path)).toEqual({ host: hostname(), pid: process.pid, start: expect.stringMatching(/\d/) as string, boot: bootId() });
    expect(tryLock(path)).toEqual({ heldBy: thisProcess() });
    if ('release' in lock) lock.release();
    expect(existsSync(path)).toBe(false);
  });

  it.each<[string, Partial<LockOwner>]>([
    ['another process with its pid', { start: '1' }],
    ['the same pid and start stamp, after the machine was started anew', { boot: 'an earlier one' }],
    ['a process that is gone', { pid: 999_999_999 }],
  ])('of %s is free', (_who, owner) => {
    const path = heldBy({ ...thisProcess(), ...owner });
    expect(ownerIsAlive(readLock(path) as LockOwner)).toBe(false);
    expect(tryLock(path)).toHaveProperty('release');
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(thisProcess());
  });

  it('of an older odw, which told no boot, is believed; so is that of another machine', () => {
    const { boot: _untold, ...older } = thisProcess();
    expect(tryLock(heldBy(older))).toEqual({ heldBy: older });
    const elsewhere = { ...thisProcess(), host: 'elsewhere', boot: 'its own' };
    expect(tryLock(heldBy(elsewhere))).toEqual({ heldBy: elsewhere });
  });

  it('that cannot be read is nobody’s', () => {
    const path = heldBy({});
    expect(readLock(path)).toBeUndefined();
    expect(tryLock(path)).toHaveProperty('release');
  });
});
