// One run of the chaos script under kills drawn from a seed, and everything that must hold of it afterwards.
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { randomFrom } from './random.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const odw = join(here, '../../dist/cli/odw.js');
const maxKills = 6;

/**
 * @returns {Promise<{problems: string[], kills: string[], dispatch: number[]}>} what did not hold; what was killed; milliseconds from
 * each restart of the host to the next executor's start
 */
export async function runSeed(seed, env) {
  const random = randomFrom(seed);
  const dir = mkdtempSync(join(tmpdir(), `odw-chaos-${seed}-`));
  for (const file of ['flow.js', 'executor.sh']) cpSync(join(here, '../fixtures/chaos', file), join(dir, file));
  git(dir, 'init', '-q');
  git(dir, 'add', '-A');
  git(dir, '-c', 'user.name=chaos', '-c', 'user.email=chaos@example.org', 'commit', '-qm', 'base');
  const place = { dir, env: { ...env, CHAOS_DIR: dir } };
  const kills = [];
  const dispatch = [];
  const supervisorsKilled = [];
  let host = startHost(place, ['--script', 'flow.js', '--backend', 'pandacode', '--pandacode-bin', './executor.sh', '--concurrency', '12']);
  for (let n = 0; host.child.exitCode === null && n < maxKills;) {
    await Promise.race([sleep(150 + random() * 2500), host.ended]);
    if (host.child.exitCode !== null || !existsSync(join(dir, '.odw/runs/latest.json'))) continue;
    n++;
    const what = ['host', 'server', 'both', 'supervisor', 'host', 'both'][Math.floor(random() * 6)];
    kills.push(what);
    if (what === 'supervisor') {
      supervisorsKilled.push(...killSupervisors(dir, random));
      continue;
    }
    if (what !== 'host') killServer(env);
    if (what === 'server') continue;
    host.child.kill('SIGKILL');
    await host.ended;
    await sleep(random() * 600);
    const begun = Date.now();
    const before = lines(dir, 'start-times').length;
    host = startHost(place, ['--resume', 'latest']);
    void nextStart(dir, before, begun, host).then((ms) => ms !== undefined && dispatch.push(ms));
  }
  await host.ended;
  while (host.child.exitCode !== 0 && kills.length < maxKills + 3) {
    kills.push(`(exit ${host.child.exitCode}: ${host.text().slice(-300)})`);
    host = startHost(place, ['--resume', 'latest']);
    await host.ended;
  }
  const problems = await check(dir, host, supervisorsKilled.length);
  if (problems.length === 0) rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  else problems.push(`kept: ${dir}`);
  return { problems, kills, dispatch };
}

async function check(dir, host, supervisorsKilled) {
  const problems = [];
  const expect = (holds, text) => holds || problems.push(text);
  expect(host.child.exitCode === 0, `the last host ended with ${host.child.exitCode}: ${host.text().slice(-500)}`);
  const runs = readdirSync(join(dir, '.odw/runs')).filter((name) => name.startsWith('odw-exec-'));
  expect(runs.length === 1, `runs: ${runs.join(', ')}`);
  const run = join(dir, '.odw/runs', runs[0] ?? 'none');
  const missing = ['state.json', 'events.jsonl', 'history.json'].filter((file) => !existsSync(join(run, file)));
  if (missing.length > 0) return [...problems, `missing: ${missing.join(', ')}`];
  const state = JSON.parse(readFileSync(join(run, 'state.json'), 'utf8'));
  expect(JSON.stringify(state.result) === JSON.stringify(expectedResult()), `result: ${JSON.stringify(state.result)}`);
  expect(
    Object.keys(state.agents).length === 60 && Object.keys(state.failedAgents).length === 0 && Object.keys(state.activeAgents).length === 0,
    'state.json does not hold 60 finished nodes',
  );
  expect(state.budget.spent === 180, `tokens: ${state.budget.spent}`);
  const records = lines(run, 'events.jsonl').map((line) => JSON.parse(line));
  expect(
    records.every((record, n) => record.seq === n),
    'journal numbers have gaps or repeat',
  );
  expect(records.at(-1).type === 'exit', 'the journal does not end with the exit record');
  // An executor whose supervisor was killed leaves no result that can be trusted, so its node starts again; nothing else may start twice.
  const starts = lines(dir, 'starts').length;
  expect(starts >= 60 && starts <= 60 + supervisorsKilled, `${starts} executors were started for 60 nodes, with ${supervisorsKilled} supervisors killed`);
  await sleep(200);
  expect(executors(dir).length === 0, `orphans: ${executors(dir).join(' ')}`);
  expect(git(dir, 'worktree', 'list').trim().split('\n').length === 1, `worktrees: ${git(dir, 'worktree', 'list')}`);
  const rebuilt = execFileSync(process.execPath, [join(here, 'rebuilt.mjs'), run], { encoding: 'utf8', env: { ...process.env, ...host.env } });
  if (rebuilt.trim() !== 'equal') problems.push(`rebuilt from history: ${rebuilt}`);
  return problems;
}

function expectedResult() {
  const did = (kind, count) => Array.from({ length: count }, (_, i) => `did ${kind}${i} 0.${1 + ((i * 7) % 3)}`);
  return {
    alone: did('alone', 4),
    group: did('group', 24),
    trees: did('tree', 4).map((text, i) => [text, [`made by tree${i}.txt`]]),
    piped: did('second', 12),
    same: Array(4).fill('did same 0.1'),
  };
}

function startHost({ dir, env }, args) {
  const child = spawn(process.execPath, [odw, 'exec', ...args], { cwd: dir, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (printed += chunk));
  return { child, env, ended: new Promise((resolve) => child.on('close', resolve)), text: () => printed };
}

async function nextStart(dir, before, begun, host) {
  while (host.child.exitCode === null) {
    const times = lines(dir, 'start-times');
    if (times.length > before) return Number(times[before]) - begun;
    await sleep(20);
  }
}

function killServer(env) {
  try {
    process.kill(JSON.parse(readFileSync(join(env.ODW_HOME, 'server.json'), 'utf8')).pid, 'SIGKILL');
  } catch {
    // it is being started
  }
}

// The parent of an executor, alone: the executor lives on without anybody to write its exit code.
function killSupervisors(dir, random) {
  const supervisors = processes().filter((row) => row.command.includes('odw-supervisor'));
  return supervisors
    .filter((row) => row.command.includes(dir) && random() < 0.3)
    .map((row) => {
      try {
        process.kill(row.pid, 'SIGKILL');
      } catch {
        // just ended
      }
      return row.pid;
    });
}

function executors(dir) {
  return processes()
    .filter((row) => row.command.includes(`${dir}/`) && !row.command.includes('node '))
    .map((row) => `${row.pid} ${row.command.slice(0, 80)}`);
}

function processes() {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
      return command === '' ? [] : [{ pid: Number(name), command }];
    } catch {
      return [];
    }
  });
}

function lines(dir, file) {
  return existsSync(join(dir, file)) ? readFileSync(join(dir, file), 'utf8').split('\n').filter(Boolean) : [];
}

function git(dir, ...args) {
  return execFileSync('git', args, { cwd: dir, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}
