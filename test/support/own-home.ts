import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach } from 'vitest';
import { openBlobStore } from '../../temporal/blobs/blob-store.ts';
import { digestsIn } from '../../temporal/blobs/sweep.ts';
import { stopServer } from '../../temporal/engine/index.ts';
import { Project } from './odw.ts';

/**
 * Gives a test file an ODW_HOME of its own, with its own server, for tests that count blobs: no other test may write any there. Called once, at the top.
 *
 * @returns makes projects that are removed after each test
 */
export function ownHome(): (files: Record<string, string>) => Project {
  const home = mkdtempSync(join(tmpdir(), 'odw-home-'));
  process.env['ODW_HOME'] = home;
  afterAll(async () => {
    await stopServer();
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  });
  const projects: Project[] = [];
  afterEach(() => {
    for (const one of projects.splice(0)) one.remove();
  });
  return (files) => {
    const made = new Project(files);
    projects.push(made);
    return made;
  };
}

/** Digests of all blobs in ODW_HOME. */
export function blobs(): Set<string> {
  return new Set(digestsIn(openBlobStore().folder));
}

/** Those that were not there before. */
export function addedBlobs(before: ReadonlySet<string>): string[] {
  return [...blobs()].filter((digest) => !before.has(digest));
}

/** A script whose prompt of 60 KB is a blob, with a small result. */
export function withLargePrompt(mark: string, more = 'return 1;'): string {
  return `await agent(${JSON.stringify(mark)}.repeat(20000)); ${more}`;
}
