#!/usr/bin/env node
// Records the golden histories of test/histories/: runs each script of test/histories/fixtures/ with the built odw command on a server of its own,
// in a folder whose name says nothing of the machine, and keeps history and journal. `node scripts/record-histories.mjs [FEATURE…]` records
// these alone. docs/internals/changing-workflows.md says when that is right.
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const goldens = join(root, 'test/histories');
const place = '/tmp/odw-golden';
const project = join(place, 'project');
const home = join(place, 'home');
const env = { ...process.env, ODW_HOME: home, ODW_STATE_HOME: home };

/** How a feature is recorded: flags of `odw exec`, or what has to happen while it runs. The others run without flags. */
const features = {
  budget: { flags: ['--budget', '10'] },
  cap: { flags: ['--max-agents', '3'] },
  continued: { env: { ODW_CONTINUE_AFTER_EVENTS: '30' } },
  cancelled: { during: async (run) => (await run.until(/start {2}\/ agent-3/), odw(['stop', run.id()])) },
  restarted: { during: async (run) => (await run.until(/start {2}\/ first/), odw(['node', 'restart', run.id(), 'first'])) },
  paused: { during: async (run) => (await run.until(/start {2}\/ agent-1/), odw(['pause', run.id()]), await sleep(500), odw(['unpause', run.id()])) },
  limits: {
    flags: ['--budget', '5000'],
    during: async (run) => (await run.until(/start {2}\/ agent-1/), odw(['exec', '--resume', run.id(), '--budget', '7000'])),
  },
  resumed: { flags: ['--input', '{"well":false}'], after: (id) => startOdw(['exec', '--resume', id, '--input', '{"well":true}']) },
};

rmSync(place, { recursive: true, force: true });
mkdirSync(project, { recursive: true });
cpSync(join(goldens, 'fixtures'), project, { recursive: true });
const git = (...args) => execFileSync('git', ['-c', 'user.name=odw', '-c', 'user.email=odw@example.org', ...args], { cwd: project, stdio: 'pipe' });
git('init', '-q');
git('add', '-A');
git('commit', '-q', '-m', 'base');
try {
  const all = readdirSync(join(goldens, 'fixtures'), { withFileTypes: true }).flatMap((entry) => (entry.isFile() ? [entry.name.replace(/\.js$/, '')] : []));
  const asked = process.argv.slice(2);
  for (const feature of all) if (feature !== 'child' && (asked.length === 0 || asked.includes(feature))) await record(feature, features[feature] ?? {});
} finally {
  odw(['server', 'stop']);
  rmSync(place, { recursive: true, force: true });
}

async function record(feature, { flags = [], env: more = {}, during, after }) {
  let run = startOdw(['exec', '--script', `${feature}.js`, '--no-report', '--concurrency', '4', ...flags], more);
  await during?.(run);
  await run.end;
  if (after) {
    run = after(run.id());
    await run.end;
  }
  const dir = join(project, '.odw', 'runs', run.id());
  const { events } = JSON.parse(neutral(readFileSync(join(dir, 'history.json'), 'utf8')));
  writeFileSync(join(goldens, `${feature}.json`), `{"events":[\n${events.map((event) => JSON.stringify(event)).join(',\n')}\n]}\n`);
  writeFileSync(join(goldens, `${feature}.events.jsonl`), readFileSync(join(dir, 'events.jsonl')));
  keepBlobs(JSON.stringify(events));
  console.log(`${feature}: ${events.length} events`);
}

// Values that a history only refers to, by their SHA-256 in base64-coded JSON. Other things have such a name too; they are no blobs.
function keepBlobs(text) {
  const claims = [...text.matchAll(/"data":"([A-Za-z0-9+/=]+)"/g)].flatMap(([, data]) => {
    const found = /"sha256":"([0-9a-f]{64})"/.exec(Buffer.from(data, 'base64').toString('utf8'));
    return found && existsSync(blob(home, found[1])) ? [found[1]] : [];
  });
  for (const sha256 of claims) cpSync(blob(home, sha256), blob(goldens, sha256));
}

function blob(folder, sha256) {
  return join(folder, 'blobs', sha256.slice(0, 2), sha256);
}

// Host name, process and start time of the worker.
function neutral(text) {
  return text.replaceAll(new RegExp(`odw@${hostname()}:\\d+:[^"\\\\]*`, 'g'), 'odw@host:1:1').replaceAll(new RegExp(`\\b\\d+@${hostname()}\\b`, 'g'), '1@host');
}

function startOdw(args, more = {}) {
  const child = spawn(process.execPath, [join(root, 'dist/cli/odw.js'), ...args], {
    cwd: project,
    env: { ...env, ...more },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part) => (text += part));
  const end = new Promise((resolve) => child.on('close', resolve));
  return {
    end,
    id: () => /run_id=(\S+)/.exec(text)?.[1],
    async until(pattern) {
      while (!pattern.test(text)) {
        if (child.exitCode !== null) throw new Error(`the run ended before ${pattern} was printed:\n${text}`);
        await sleep(20);
      }
    },
  };
}

function odw(args) {
  execFileSync(process.execPath, [join(root, 'dist/cli/odw.js'), ...args], { cwd: project, env, stdio: ['ignore', 'ignore', 'inherit'] });
}
