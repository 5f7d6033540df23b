import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const hosts = ['cli/exec/session.ts', 'cli/worker/start.ts'];
// Its own late parts are needed before there is a run.
const begin = 'cli/exec/exec.ts';
const lists = ['temporal/run/late-parts.ts', 'cli/exec/late-parts.ts'];

// Loaded when the host starts, whenever it needs them at all: connection, engine, worker. And the compiler of scripts in TypeScript, 60 MB, which few runs need.
const early = new Set(['@temporalio/client', '@temporalio/common', '@temporalio/worker', '@temporalio/envconfig', 'ts-blank-space']);

const source = (file: string) => readFileSync(file, 'utf8');
const resolved = (from: string, name: string) => (name.startsWith('.') ? join(dirname(from), name) : name);
const isOwn = (name: string) => name.startsWith(root) && name.endsWith('.ts') && existsSync(name);
const named = (file: string, pattern: RegExp) => [...source(file).matchAll(pattern)].map((match) => resolved(file, match[1] as string));
const atStart = (file: string) => named(file, /^(?:import|export)\s(?!type\s)[^;]*?from '([^']+)'/gm);
const later = (file: string) => named(file, /\bimport\('([^']+)'\)/g);

/** A module and all that is loaded with it. */
function withImports(start: string, found = new Set<string>()): Set<string> {
  if (found.has(start)) return found;
  found.add(start);
  if (isOwn(start)) for (const name of atStart(start)) withImports(name, found);
  return found;
}

/** What a host may load while it goes on, by whom. What is loaded at its start counts too: built, the two may be files of their own. */
function latePartsOf(host: string): Map<string, string> {
  const late = new Map<string, string>();
  const seen = withImports(join(root, host));
  for (const file of seen) {
    if (!isOwn(file) || [begin, ...lists].includes(relative(root, file))) continue;
    for (const name of later(file)) {
      late.set(name, relative(root, file));
      for (const one of withImports(name)) seen.add(one);
    }
  }
  return late;
}

describe('what hosts of runs load late', () => {
  it.each(hosts)('is on the lists of what they load ahead: %s', (host) => {
    const ahead = new Set(lists.flatMap((list) => later(join(root, list))));
    const late = latePartsOf(host);
    expect(late.has(join(root, 'activities/run-node/in-worktree.ts')), 'the search finds what is known').toBe(true);
    const forgotten = [...late].filter(([name]) => !ahead.has(name) && !early.has(name) && !name.startsWith('node:'));
    expect(forgotten.map(([name, by]) => `${relative(root, name)}, loaded by ${by}`)).toEqual([]);
  });

  it.each(lists)('and nothing else is on them: %s', (list) => {
    const used = new Set(hosts.flatMap((host) => [...latePartsOf(host).keys()]));
    expect(
      later(join(root, list))
        .filter((name) => !used.has(name))
        .map((name) => relative(root, name)),
    ).toEqual([]);
  });
});
