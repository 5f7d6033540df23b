// Everything that must hold of a chaos run once it has ended.
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { executorsOf } from './kills.mjs';

// Nothing here waits in place: that would put off the kills of the seed beside this one.
const execute = promisify(execFile);
const rebuiltProgram = fileURLToPath(new URL('./rebuilt.mjs', import.meta.url));

/** Lists what does not hold, in words. */
export async function check({ dir, env, trees }) {
  const problems = [];
  const expect = (holds, text) => holds || problems.push(text);
  // A host that was killed before latest.json named its run leaves a folder that nothing was ever dispatched from.
  const runs = readdirSync(join(dir, '.odw/runs')).filter((name) => name.startsWith('odw-exec-') && existsSync(join(dir, '.odw/runs', name, 'nodes')));
  expect(runs.length === 1, `runs: ${runs.join(', ')}`);
  const run = join(dir, '.odw/runs', runs[0] ?? 'none');
  const missing = ['run.json', 'state.json', 'events.jsonl', 'history.json'].filter((file) => !existsSync(join(run, file)));
  if (missing.length > 0) return [...problems, `missing: ${missing.join(', ')}`];

  const state = JSON.parse(readFileSync(join(run, 'state.json'), 'utf8'));
  expect(JSON.stringify(state.result) === JSON.stringify(expectedResult()), `result: ${JSON.stringify(state.result)}`);
  const counts = ['agents', 'activeAgents', 'failedAgents'].map((name) => Object.keys(state[name]).length);
  expect(counts.join() === '60,0,0', `finished, active and failed nodes in state.json: ${counts.join()}`);
  expect(state.budget.spent === 180, `tokens: ${state.budget.spent} of 180`);
  const records = linesOf(join(run, 'events.jsonl')).map((line) => JSON.parse(line));
  expect(
    records.every((record, n) => record.seq === n),
    'journal numbers have gaps or repeat',
  );
  expect(records.at(-1).type === 'exit' && records.at(-1).code === 0, 'the journal does not end with the exit record of a completed run');
  const status = JSON.parse(readFileSync(join(run, 'run.json'), 'utf8')).status;
  expect(status === 'completed', `run.json says ${status}`);

  problems.push(...unaccounted(linesOf(join(dir, 'starts')), linesOf(join(dir, 'ends'))));
  // A process that has just been told to end gets a moment.
  for (let round = 0; round < 20 && executorsOf(dir).length > 0; round++) await sleep(50);
  expect(executorsOf(dir).length === 0, `orphans: ${executorsOf(dir).join(' ')}`);
  const worktrees = (await execute('git', ['worktree', 'list'], { cwd: dir })).stdout.trim().split('\n');
  expect(worktrees.length === 1, `worktrees: ${worktrees.join(' ')}`);
  const folders = existsSync(trees) ? readdirSync(trees, { recursive: true }).filter((name) => name.includes('/')) : [];
  expect(folders.length === 0, `folders of worktrees: ${folders.join(' ')}`);
  const rebuilt = (await execute(process.execPath, [rebuiltProgram, run], { env })).stdout.trim();
  expect(rebuilt === 'equal', `rebuilt from history: ${rebuilt}`);
  return problems;
}

/**
 * Every start must belong to a node, and every node must have been started exactly once: hosts, servers and supervisors die in this
 * suite, executors do not, so each of them is adopted and its answer taken.
 *
 * @param starts one line for each executor that started: its prompt
 * @param ends one line for each that went through
 */
export function unaccounted(starts, ends) {
  const wanted = expectedPrompts();
  const problems = [];
  for (const prompt of new Set([...wanted.keys(), ...starts])) {
    const nodes = wanted.get(prompt) ?? 0;
    const started = starts.filter((one) => one === prompt).length;
    const ended = ends.filter((one) => one === prompt).length;
    if (started !== nodes || ended !== started) problems.push(`"${prompt}": ${nodes} nodes, ${started} executors started, ${ended} ended`);
  }
  return problems.length > 5 ? [...problems.slice(0, 5), `and ${problems.length - 5} prompts more`] : problems;
}

export function linesOf(path) {
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter(Boolean) : [];
}

const prompt = (kind, i) => `${kind}${i} 0.${1 + ((i * 7) % 3)}`;
const numbered = (kind, count) => Array.from({ length: count }, (_, i) => prompt(kind, i));

function expectedPrompts() {
  const once = [...numbered('alone', 4), ...numbered('group', 24), ...numbered('tree', 4), ...numbered('first', 12), ...numbered('second', 12)];
  return new Map([...once.map((text) => [text, 1]), ['same 0.1', 4]]);
}

function expectedResult() {
  const did = (kind, count) => numbered(kind, count).map((text) => `did ${text}`);
  return {
    alone: did('alone', 4),
    group: did('group', 24),
    trees: did('tree', 4).map((text, i) => [text, [`made by tree${i}.txt`]]),
    piped: did('second', 12),
    same: Array(4).fill('did same 0.1'),
  };
}
