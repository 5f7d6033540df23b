// One run of the chaos script under kills drawn from a seed.
import { execFile, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { check, linesOf } from './check.mjs';
import { executorsOf, killServer, killSupervisors, kindOf } from './kills.mjs';
import { randomFrom } from './random.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const odw = join(here, '../../dist/cli/odw.js');
const mostKills = 5;
/** Milliseconds after which a seed that has not ended has failed. */
const limitMs = 150_000;

/**
 * @param {number} seed decides what is killed and when, counted from the start of each host
 * @param {NodeJS.ProcessEnv} env with the ODW_HOME of a server that no other seed uses meanwhile
 * @returns {Promise<{problems: string[], story: string[], kills: string[], dispatch: number[]}>} what did not hold; what happened, line by line; what was
 * killed; milliseconds from each start of a host to the next start of an executor
 */
export async function runSeed(seed, env) {
  const random = randomFrom(seed);
  const dir = mkdtempSync(join(tmpdir(), `odw-chaos-${seed}-`));
  const trees = `${dir}-trees`;
  const place = { dir, trees, env: { ...env, CHAOS_DIR: dir, ODW_WORKTREE_ROOT: trees } };
  const story = [];
  const begun = Date.now();
  const tell = (text) => story.push(`${((Date.now() - begun) / 1000).toFixed(2).padStart(6)} s  ${text}`);
  const kills = [];
  const dispatch = [];
  for (const file of ['flow.js', 'executor.sh']) cpSync(join(here, '../fixtures/chaos', file), join(dir, file));
  await git(dir, 'init', '-q');
  await git(dir, 'add', '-A');
  await git(dir, '-c', 'user.name=chaos', '-c', 'user.email=chaos@example.org', 'commit', '-qm', 'base');

  const first = ['--script', 'flow.js', '--backend', 'pandacode', '--pandacode-bin', './executor.sh', '--concurrency', '12'];
  const host = (args) => {
    const started = startHost(place, args);
    tell(`host ${started.child.pid} starts: ${args.slice(0, 2).join(' ')}`);
    void started.ended.then(() =>
      tell(`host ${started.child.pid} ended with ${started.child.exitCode ?? started.child.signalCode}: ${started.text().slice(-300)}`),
    );
    void nextStart(dir, started).then((ms) => ms !== undefined && dispatch.push(ms));
    return started;
  };
  const again = () => host(existsSync(join(dir, '.odw/runs/latest.json')) ? ['--resume', 'latest'] : first);

  let current = host(first);
  while (current.running() && kills.length < mostKills && Date.now() - begun < limitMs) {
    await Promise.race([sleep(100 + random() * 1500), current.ended]);
    const kind = kindOf(random());
    const [pause, late, two] = [random() * 300, random() * 500, random() < 0.2];
    if (!current.running()) break;
    kills.push(kind);
    tell(`kill: ${kind}`);
    if (kind === 'supervisors') tell(`${killSupervisors(dir, random)} supervisors killed`);
    if (kind === 'server' || kind === 'both') killServer(env.ODW_HOME);
    if (kind === 'server' || kind === 'supervisors') continue;
    if (kind === 'leave') current.child.kill('SIGINT');
    else if (kind === 'group') process.kill(-current.child.pid, 'SIGKILL');
    else current.child.kill('SIGKILL');
    await current.ended;
    // It had come to its end before the kill.
    if (current.child.exitCode === 0) break;
    await sleep(pause);
    current = again();
    if (kind === 'start') {
      await sleep(late);
      tell(`server killed: ${killServer(env.ODW_HOME)}`);
    } else if (two && existsSync(join(dir, '.odw/runs/latest.json'))) {
      // Both take the run up; one follows the other.
      const other = again();
      await Promise.race([current.ended, other.ended]);
      if (!other.running() && current.running() && other.child.exitCode !== 0) tell('the second host gave up');
      current = current.running() ? current : other;
    }
  }
  const stuck = setTimeout(() => current.child.kill('SIGKILL'), Math.max(1000, limitMs - (Date.now() - begun)));
  await current.ended;
  clearTimeout(stuck);
  const end = current.child.exitCode;
  const problems =
    end === 0
      ? await check(place)
      : [`the last host ended with ${end ?? current.child.signalCode} after ${Date.now() - begun} ms, its output: ${current.text()}`];
  for (const line of problems.length > 0 ? executorsOf(dir) : []) tell(`still running: ${line}`);
  if (problems.length === 0) for (const folder of [dir, trees]) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  else problems.push(`kept: ${dir}`);
  return { problems, story, kills, dispatch };
}

function startHost({ dir, env }, args) {
  // A process group of its own, to be killed as a whole.
  const child = spawn(process.execPath, [odw, 'exec', ...args], { cwd: dir, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (printed += chunk));
  const ended = new Promise((resolve) => child.on('close', resolve));
  return { child, ended, text: () => printed, running: () => child.exitCode === null && child.signalCode === null };
}

// A host that has nothing more to start is not measured.
async function nextStart(dir, host) {
  const begun = Date.now();
  const path = join(dir, 'start-times');
  const before = linesOf(path).length;
  while (host.running()) {
    const times = linesOf(path);
    if (times.length > before) return Number(times[before]) - begun;
    await sleep(20);
  }
}

function git(dir, ...args) {
  return promisify(execFile)('git', args, { cwd: dir });
}
