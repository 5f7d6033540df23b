import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readInside, writeInside } from '../../../pandacode/runtimes/bamboo/safety/open-inside.ts';
import { allowedPath } from '../../../pandacode/runtimes/bamboo/safety/protected-paths.ts';
import { Secrets } from '../../../pandacode/runtimes/bamboo/safety/secrets.ts';
import { removeWorkspaces, workspace } from '../../support/pandacode.ts';

afterAll(removeWorkspaces);

function place() {
  const ws = workspace();
  mkdirSync(join(ws, '..', 'out'));
  writeFileSync(join(ws, '..', 'out', 'a.txt'), 'OUTSIDE');
  return { ws, out: join(ws, '..', 'out'), boundary: { workspace: ws, stateDir: join(ws, '.pandacode') } };
}

describe('files between the check and the use', () => {
  it('PC-SAFE-01 a file that became a link to the outside is neither read nor written', () => {
    const { ws, out, boundary } = place();
    const path = join(ws, 'a.txt');
    writeFileSync(path, 'inside');
    expect(allowedPath('a.txt', boundary, 'write')).toMatchObject({ path });
    rmSync(path);
    symlinkSync(join(out, 'a.txt'), path);
    expect(() => readInside(path, boundary)).toThrow('outside the workspace');
    expect(() => writeInside(path, 'evil', boundary)).toThrow('outside the workspace');
    expect(readFileSync(join(out, 'a.txt'), 'utf8')).toBe('OUTSIDE');
  });

  it('PC-SAFE-01 a folder that became a link to the outside gets no new file', () => {
    const { ws, out, boundary } = place();
    mkdirSync(join(ws, 'dir'));
    expect(allowedPath('dir/new.txt', boundary, 'write')).toMatchObject({ shown: 'dir/new.txt' });
    renameSync(join(ws, 'dir'), join(ws, 'old'));
    symlinkSync(out, join(ws, 'dir'));
    expect(() => writeInside(join(ws, 'dir/new.txt'), 'evil', boundary)).toThrow('outside the workspace');
    expect(() => writeInside(join(ws, 'dir/a.txt'), 'evil', boundary, 'append')).toThrow('outside the workspace');
    expect([existsSync(join(out, 'new.txt')), readFileSync(join(out, 'a.txt'), 'utf8')]).toEqual([false, 'OUTSIDE']);
  });

  it('PC-SAFE-01 PC-SAFE-02 a link that is swapped all the time never gives what lies outside', async () => {
    const { ws, out, boundary } = place();
    const path = join(ws, 'a.txt');
    // A real second process: puts a file and a link to the outside in turn at the same name, by rename.
    const swapper = spawn(
      process.execPath,
      [
        '-e',
        `const { renameSync, symlinkSync, writeFileSync } = require('node:fs');
         const path = ${JSON.stringify(path)}, outside = ${JSON.stringify(join(out, 'a.txt'))}, end = Date.now() + 20000;
         writeFileSync(path, 'inside'); console.log('ready');
         while (Date.now() < end) {
           symlinkSync(outside, path + '.l'); renameSync(path + '.l', path);
           writeFileSync(path + '.f', 'inside'); renameSync(path + '.f', path);
         }`,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    await once(swapper.stdout, 'data');
    const seen = new Set<string>();
    const until = Date.now() + 1500;
    for (let tries = 0; Date.now() < until || (tries < 200 && Date.now() < until + 10_000); tries++) {
      try {
        const at = allowedPath('a.txt', boundary, 'read');
        if ('path' in at) seen.add(readInside(at.path, boundary).toString('utf8'));
        writeInside(path, 'inside', boundary);
      } catch {
        // refused, or gone in this very moment
      }
    }
    swapper.kill('SIGKILL');
    expect([...seen].filter((text) => text !== '')).toEqual(['inside']);
    expect(readFileSync(join(out, 'a.txt'), 'utf8')).toBe('OUTSIDE');
  });

  it('PC-SAFE-02 a new file and a kept mode, through links inside', () => {
    const { ws, boundary } = place();
    mkdirSync(join(ws, 'dir'));
    symlinkSync('dir/not-yet.txt', join(ws, 'link.txt'));
    writeInside(join(ws, 'link.txt'), 'one', boundary);
    writeInside(join(ws, 'link.txt'), 'two', boundary, 'append');
    expect(readFileSync(join(ws, 'dir/not-yet.txt'), 'utf8')).toBe('onetwo');
    writeFileSync(join(ws, 'run.sh'), 'a long content', { mode: 0o755 });
    writeInside(join(ws, 'run.sh'), 'short', boundary);
    expect([readFileSync(join(ws, 'run.sh'), 'utf8'), statSync(join(ws, 'run.sh')).mode & 0o777]).toEqual(['short', 0o755]);
  });

  it('PC-SAFE-01 a hard link to the outside is read, but a write does not reach the other name', () => {
    const { ws, out, boundary } = place();
    linkSync(join(out, 'a.txt'), join(ws, 'hard.txt'));
    writeInside(join(ws, 'hard.txt'), '+', boundary, 'append');
    expect(readFileSync(join(ws, 'hard.txt'), 'utf8')).toBe('OUTSIDE+');
    writeInside(join(ws, 'hard.txt'), 'new', boundary);
    expect([readFileSync(join(ws, 'hard.txt'), 'utf8'), readFileSync(join(out, 'a.txt'), 'utf8')]).toEqual(['new', 'OUTSIDE']);
  });

  it('PC-SAFE-01 a pipe is refused at once, for reading and for writing', () => {
    const { ws, boundary } = place();
    execFileSync('mkfifo', [join(ws, 'pipe')]);
    expect(() => readInside(join(ws, 'pipe'), boundary)).toThrow('no regular file');
    expect(() => writeInside(join(ws, 'pipe'), 'x', boundary)).toThrow('no regular file');
    expect(() => readInside(join(ws, 'pipe'), boundary, 5)).toThrow('no regular file');
    writeFileSync(join(ws, 'six.txt'), '123456');
    expect(() => readInside(join(ws, 'six.txt'), boundary, 5)).toThrow('too large');
  });
});

describe('secrets', () => {
  it('PC-SAFE-09 come from protected files, variables and the key of the run; ordinary values do not', () => {
    const { ws } = place();
    mkdirSync(join(ws, 'app/.git'), { recursive: true });
    writeFileSync(
      join(ws, '.env'),
      [
        'MODE=development',
        'export API_TOKEN="tok en-12345678" # why',
        'DB_PASSWORD=hunter2hunter2',
        'URL=postgres://me:s3cret-pw@db/x',
        'SHORT_KEY=abc',
        '',
      ].join('\n'),
    );
    writeFileSync(join(ws, 'app/.env.local'), "secret: 'yaml-like-value'\n");
    writeFileSync(join(ws, 'app/id_rsa'), `-----BEGIN OPENSSH PRIVATE KEY-----\n${'k'.repeat(70)}\n-----END OPENSSH PRIVATE KEY-----\n`);
    writeFileSync(join(ws, 'app/.git/.env'), 'OTHER_TOKEN=not-looked-at-123\n');
    const env = { NPM_TOKEN: 'npm_0123456789ab', HOME: '/home/somebody-else', SSH_KEY_PATH: '/home/me/.ssh/key' };
    const secrets = Secrets.gather(ws, env, 'run-key-0123456789');
    const text = [
      'tok en-12345678 hunter2hunter2 s3cret-pw yaml-like-value npm_0123456789ab run-key-0123456789',
      'k'.repeat(70),
      'development abc /home/somebody-else /home/me/.ssh/key not-looked-at-123',
    ];
    expect(secrets.hide(text.join('\n')).split('\n')).toEqual([
      '*** *** *** *** *** ***',
      '***',
      'development abc /home/somebody-else /home/me/.ssh/key not-looked-at-123',
    ]);
  });

  it('PC-SAFE-09 PC-SAFE-02 a protected file is known under another name', () => {
    const { ws } = place();
    writeFileSync(join(ws, '.env'), 'A_KEY=0123456789\n');
    linkSync(join(ws, '.env'), join(ws, 'notes.txt'));
    writeFileSync(join(ws, 'plain.txt'), 'x');
    linkSync(join(ws, 'plain.txt'), join(ws, 'plain2.txt'));
    const secrets = Secrets.gather(ws, {}, undefined);
    expect(['notes.txt', 'plain.txt'].map((name) => secrets.isProtectedFile(statSync(join(ws, name))))).toEqual([true, false]);
  });
});
