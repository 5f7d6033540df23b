import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { git, tryGit, type GitOptions } from './git.ts';
import { splitPaths } from './git-paths.ts';
import type { WorktreeRecord } from './record.ts';

export interface AgentHistory {
  /** The commit that is checked out; undefined on a branch without commits. */
  head: string | undefined;
  /** Commits that together hold everything the worktree's HEAD ever was, HEAD first, none an ancestor of another later one. */
  tips: string[];
  /** The agent's own commits, oldest first. */
  commits: { sha: string; subject: string }[];
}

/**
 * Finds what the agent committed: on HEAD, on other branches it had checked out, and what it left behind with reset, amend or rebase,
 * all of which HEAD's log of this worktree remembers. Commits that existed before or were only fetched are not the agent's.
 *
 * @param others further commits to keep, for example of nested worktrees
 */
export async function readHistory(gitDir: string, record: WorktreeRecord, options: GitOptions, others: string[]): Promise<AgentHistory> {
  const found = await tryGit(['rev-parse', '--verify', '--quiet', 'HEAD^{commit}'], options);
  const head = found.exitCode === 0 ? found.stdout.toString('utf8').trim() : undefined;
  const moves = await headLog(gitDir, options);
  const all = [...new Set([head, record.base, ...others, ...moves.flatMap((move) => [move.to, move.from])])].filter((sha) => sha !== undefined);
  const existing = await existingCommits(all, options);
  const heads = existing.length > 1 ? await independent(existing, options) : existing;
  const tips = head === undefined ? heads : [head, ...(await withoutAncestorsOf(head, heads, options))];
  const made = new Set(moves.filter((move) => move.isMade).map((move) => move.to));
  return { head, tips, commits: await ownCommits(tips, record, made, options) };
}

interface Move {
  from: string;
  to: string;
  /** True when this move made a commit, rather than going to one. */
  isMade: boolean;
}

const nothing = /^0+$/;

async function headLog(gitDir: string, options: GitOptions): Promise<Move[]> {
  const text = await readFile(join(gitDir, 'logs', 'HEAD'), 'utf8').catch(() => undefined);
  const isMade = (message: string) =>
    /^(commit|cherry-pick|revert|rebase|am|merge|pull)\b/.test(message) && !/Fast-forward|^rebase.*\((start|finish|abort)\)/.test(message);
  if (text !== undefined) {
    return text.split('\n').flatMap((line) => {
      const match = /^([0-9a-f]+) ([0-9a-f]+) [^\t]*(?:\t(.*))?$/.exec(line);
      return match ? [{ from: match[1]!, to: match[2]!, isMade: isMade(match[3] ?? '') }] : [];
    });
  }
  // Repositories that keep refs in tables have no log files.
  const walked = await tryGit(['log', '-g', '-z', '--format=%H %gs', 'HEAD', '--'], options);
  return splitPaths(walked.stdout).map((entry) => ({ from: '0', to: entry.split(' ')[0]!, isMade: isMade(entry.slice(entry.indexOf(' ') + 1)) }));
}

async function existingCommits(names: string[], options: GitOptions): Promise<string[]> {
  const input = names.filter((name) => !nothing.test(name)).join('\n') + '\n';
  const checked = await git(['cat-file', '--batch-check=%(objectname) %(objecttype)'], { ...options, input });
  return checked.stdout
    .toString('utf8')
    .split('\n')
    .flatMap((line) => (line.endsWith(' commit') ? [line.split(' ')[0]!] : []));
}

async function independent(commits: string[], options: GitOptions): Promise<string[]> {
  const heads: string[] = [];
  // In portions, for an argument list has an end.
  for (let at = 0; at < commits.length; at += 500) {
    const result = await git(['merge-base', '--independent', ...commits.slice(at, at + 500)], options);
    heads.push(...result.stdout.toString('utf8').trim().split('\n'));
  }
  return commits.length > 500 && heads.length < commits.length ? independent(heads, options) : heads;
}

async function withoutAncestorsOf(head: string, commits: string[], options: GitOptions): Promise<string[]> {
  const kept: string[] = [];
  for (const commit of commits) {
    if (commit !== head && (await tryGit(['merge-base', '--is-ancestor', commit, head], options)).exitCode !== 0) kept.push(commit);
  }
  return kept;
}

async function ownCommits(tips: string[], record: WorktreeRecord, made: ReadonlySet<string>, options: GitOptions): Promise<AgentHistory['commits']> {
  if (tips.every((tip) => tip === record.base)) return [];
  const range = [...tips, ...[record.base, ...record.refs].map((sha) => `^${sha}`)].join('\n') + '\n';
  const list = await git(['log', '-z', '--topo-order', '--reverse', '--ignore-missing', '--format=%H %s', '--stdin'], { ...options, input: range });
  const commits = list.stdout
    .toString('utf8')
    .split('\0')
    .filter(Boolean)
    .map((entry) => ({ sha: entry.slice(0, entry.indexOf(' ')), subject: entry.slice(entry.indexOf(' ') + 1) }));
  if (commits.length === 0) return commits;
  // What a pull brought is on a remote's branch and was not made here.
  const local = await git(['rev-list', '--ignore-missing', '--stdin', '--not', '--remotes'], { ...options, input: range });
  const isLocal = new Set(local.stdout.toString('utf8').split('\n'));
  return commits.filter((commit) => isLocal.has(commit.sha) || made.has(commit.sha));
}
