import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EXECUTOR_FEATURES, missingExecutor, resolveExecutor } from '../../activities/executor/resolve-executor.ts';
import { tempDir } from './support.ts';

/** A package with its own pandacode, and a folder on PATH. */
function setUp() {
  const dir = tempDir();
  const own = join(dir, 'package', 'dist', 'pandacode', 'pandacode.js');
  const bin = join(dir, 'bin');
  mkdirSync(join(own, '..'), { recursive: true });
  mkdirSync(bin);
  writeFileSync(own, 'export {};\n');
  const program = (name: string, content = '#!/bin/sh\n', mode = 0o755) => {
    writeFileSync(join(bin, name), content);
    chmodSync(join(bin, name), mode);
    return join(bin, name);
  };
  return { own, bin, program, env: { PATH: `/nowhere:${bin}` } };
}

describe('which executor a run uses', () => {
  it('EXEC-18 the default word is the shipped pandacode, run by this Node, with all features', () => {
    const { own, env, program } = setUp();
    program('pandacode');
    expect(resolveExecutor(env, {}, own)).toMatchObject({
      pandacodeBin: own,
      command: [process.execPath, own],
      codexctlBin: 'codexctl',
      features: new Set(EXECUTOR_FEATURES),
      env,
    });
  });

  it('without a shipped one the word is looked for on PATH, and has no features', () => {
    const { env, program } = setUp();
    const found = program('pandacode');
    expect(resolveExecutor(env, {}, undefined)).toMatchObject({ command: [found], features: new Set() });
  });

  it('PROC-13 a flag wins over its variable', () => {
    const { own, bin, env, program } = setUp();
    program('one');
    program('two');
    const variables = { ...env, ODW_PANDACODE_BIN: 'one', ODW_CODEXCTL_BIN: 'c1' };
    expect(resolveExecutor(variables, {}, own)).toMatchObject({ command: [join(bin, 'one')], codexctlBin: 'c1' });
    expect(resolveExecutor(variables, { pandacodeBin: 'two', codexctlBin: 'c2' }, own)).toMatchObject({ command: [join(bin, 'two')], codexctlBin: 'c2' });
  });

  it('EXEC-18 our own pandacode is known by its resolved path, whatever it is called', () => {
    const { own, bin, env } = setUp();
    symlinkSync(own, join(bin, 'alias.js'));
    expect(resolveExecutor(env, { pandacodeBin: join(bin, 'alias.js') }, own).features).toEqual(new Set(EXECUTOR_FEATURES));
  });

  it('EXEC-18 another executor has what ODW_EXECUTOR_FEATURES names, and nothing else', () => {
    const { own, env, program } = setUp();
    const file = program('foreign');
    const named = (list: string) => [...resolveExecutor({ ...env, ODW_EXECUTOR_FEATURES: list }, { pandacodeBin: file }, own).features];
    expect(named(' --report-file, detach-safe,--unknown,')).toEqual(['--report-file', '--detach-safe']);
    expect(named('')).toEqual([]);
  });

  it('a JavaScript file that is no program of its own is run by this Node', () => {
    const { env, program } = setUp();
    const bare = program('bare.mjs', 'export {};\n', 0o644);
    const whole = program('whole.mjs', '#!/usr/bin/env node\n');
    expect(resolveExecutor(env, { pandacodeBin: bare }, undefined).command).toEqual([process.execPath, bare]);
    expect(resolveExecutor(env, { pandacodeBin: whole }, undefined).command).toEqual([whole]);
  });

  it('says what is missing, by name', () => {
    const { bin, env, program } = setUp();
    const missing = (pandacodeBin: string) => missingExecutor(resolveExecutor(env, { pandacodeBin }, undefined));
    expect(missing(program('fine'))).toBeUndefined();
    expect(missing('no-such-word')).toBe('executor "no-such-word" was not found on PATH');
    expect(missing(join(bin, 'gone'))).toBe(`executor "${join(bin, 'gone')}" does not exist`);
    expect(missing(bin)).toBe(`executor "${bin}" is not a file`);
    expect(missing(program('locked', '', 0o644))).toBe(`executor "${join(bin, 'locked')}" is not executable`);
  });
});
