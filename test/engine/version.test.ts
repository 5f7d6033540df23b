import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { isNewEnough, parseVersion, readVersion, sameLine } from '../../temporal/engine/binary/version.ts';

describe('parseVersion', () => {
  it('reads a release', () => {
    expect(parseVersion('temporal version 1.8.2 (Server 1.31.2, UI 2.50.1)\n')).toEqual({ cli: '1.8.2', server: '1.31.2' });
  });
  it('reads a build from source and a leading v', () => {
    expect(parseVersion('temporal version 0.0.0-DEV (Server 1.31.2, UI 2.50.1)')).toEqual({ cli: '0.0.0-DEV', server: '1.31.2' });
    expect(parseVersion('temporal version v1.9.0 (Server 1.32.0-152.1, UI 2.51.0)')).toEqual({ cli: '1.9.0', server: '1.32.0' });
  });
  it.each(['', 'tctl version 1.18.4', 'temporal version 1.8.2', 'temporal 1.8.2 (Server x)'])('takes %j for no Temporal CLI with a server', (text) => {
    expect(parseVersion(text)).toBeUndefined();
  });
});

describe('isNewEnough', () => {
  it.each([
    ['1.8.0', '1.31.0', true],
    ['1.8.2', '1.31.2', true],
    ['1.10.0', '1.33.0', true],
    ['2.0.0', '2.0.0', true],
    ['0.0.0-DEV', '1.31.2', true],
    ['0.0.0-DEV', '1.30.9', false],
    ['1.7.9', '1.31.0', false],
    ['1.8.0', '1.30.1', false],
    ['0.13.2', '1.24.2', false],
  ])('CLI %s with server %s: %s', (cli, server, expected) => {
    expect(isNewEnough({ cli, server })).toBe(expected);
  });
});

describe('readVersion', () => {
  it.runIf(process.platform === 'linux')('waits for a program that is still open for writing', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'odw-version-'));
    onTestFinished(() => rmSync(folder, { recursive: true, maxRetries: 5 }));
    const path = join(folder, 'temporal');
    writeFileSync(path, "#!/bin/sh\necho 'temporal version 1.8.2 (Server 1.31.2, UI 2.50.1)'\n", { mode: 0o755 });
    const open = openSync(path, 'a');
    setTimeout(() => closeSync(open), 150);
    expect(await readVersion(path)).toEqual({ cli: '1.8.2', server: '1.31.2' });
  });
});

describe('sameLine', () => {
  it('compares major and minor as numbers', () => {
    expect(sameLine('1.31.2', '1.31.10')).toBe(true);
    expect(sameLine('1.31.2', '1.32.2')).toBe(false);
    expect(sameLine('1.3.1', '1.31.1')).toBe(false);
  });
});
