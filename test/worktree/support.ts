import { execFileSync } from 'node:child_process';
import { lstatSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach } from 'vitest';
import type { WorktreeChanges } from '../../schemas/node.ts';
import { captureWorktree } from '../../activities/worktree/capture.ts';
import { openWorktree } from '../../activities/worktree/open.ts';
import type { Worktree } from '../../activities/worktree/worktree.ts';

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) {
    execFileSync('chmod', ['-R', 'u+rwX', folder]);
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
});

export function temporaryFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'odw-worktree-')));
  folders.push(folder);
  return folder;
}

/** git as an agent or a user would call it: in a folder, with the configuration that this process sees. */
export function run(cwd: string, ...args: string[]): string {
  const env = {
    ...process.env,
    GIT_AUTHOR_NAME: 'agent',
    GIT_AUTHOR_EMAIL: 'agent@example.com',
    GIT_COMMITTER_NAME: 'agent',
    GIT_COMMITTER_EMAIL: 'agent@example.com',
  };
  return execFileSync('git', args, { cwd, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 2 ** 30 });
}

export function write(folder: string, files: Record<string, string | Buffer>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
}

/** A repository with one commit of the given files, and the folders a run would use. */
export class Bench {
  readonly folder = temporaryFolder();
  readonly repo = join(this.folder, 'repo');
  readonly dir = join(this.folder, 'trees', 'node-1');
  readonly target = { runDir: join(this.folder, 'run'), nodeId: 'abc-0-1', refName: 'refs/odw/run-1/node-1' };

  constructor(files: Record<string, string | Buffer> = { 'a.txt': 'one\ntwo\nthree\n', 'docs/b.md': '# b\n' }) {
    mkdirSync(this.repo);
    run(this.repo, 'init', '-q', '-b', 'main');
    write(this.repo, files);
    this.commitAll('first');
  }

  commitAll(message: string): string {
    run(this.repo, 'add', '-A', '-f');
    run(this.repo, 'commit', '-q', '--allow-empty', '-m', message);
    return run(this.repo, 'rev-parse', 'HEAD').trim();
  }

  open(base: 'head' | 'working-tree' | 'fresh' = 'head', root = this.repo): Promise<Worktree> {
    return openWorktree({ root, dir: this.dir, base });
  }

  capture(tree: Worktree): Promise<WorktreeChanges> {
    return captureWorktree(tree, this.target);
  }

  /** Applies the captured patch to the base in a fresh clone and returns the clone. */
  replay(changes: WorktreeChanges, base = changes.base!): string {
    const clone = join(temporaryFolder(), 'clone');
    run(this.folder, 'clone', '-q', '--no-checkout', '--no-local', '-c', 'core.autocrlf=false', '-c', 'protocol.file.allow=always', this.repo, clone);
    run(clone, 'fetch', '-q', 'origin', `${base}:refs/odw/base`);
    run(clone, 'checkout', '-q', '--detach', base);
    run(clone, 'apply', '--index', '--binary', join(this.target.runDir, changes.diffFile!));
    return clone;
  }
}

/** Every file below a folder with kind, executable bit and bytes; git's own files and the named ones left out. */
export function listing(folder: string, except: string[] = []): Record<string, string> {
  const found: Record<string, string> = {};
  const walk = (prefix: Buffer) => {
    for (const name of readdirSync(Buffer.concat([Buffer.from(`${folder}/`), prefix]), { encoding: 'buffer' })) {
      const relative = Buffer.concat([prefix, name]);
      if (name.toString() === '.git' || except.includes(relative.toString())) continue;
      const path = Buffer.concat([Buffer.from(`${folder}/`), relative]);
      const stat = lstatSync(path);
      if (stat.isDirectory()) walk(Buffer.concat([relative, Buffer.from('/')]));
      else if (stat.isSymbolicLink()) found[relative.toString('latin1')] = `link ${readlinkSync(path)}`;
      else found[relative.toString('latin1')] = `${stat.mode & 0o100 ? 'x' : '-'} ${readFileSync(path).toString('base64')}`;
    }
  };
  walk(Buffer.alloc(0));
  return found;
}
