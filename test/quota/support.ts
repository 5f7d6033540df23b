import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Project, startOdw, type OdwProcess } from '../support/odw.ts';

/** One start of the scripted executor. */
export interface Call {
  prompt: string;
  action: string;
  runtime: string;
  session: string;
  /** Epoch milliseconds. */
  startMs: number;
  /** Undefined while it runs, or when it was killed. */
  endMs?: number;
  refused: boolean;
}

// It reads `rule.json` at each start, see Rule.
const executor = `#!${process.execPath}
const fs = require('node:fs');
const argv = process.argv.slice(2);
const value = (flag) => argv[argv.indexOf(flag) + 1];
const dir = process.env.ODW_TEST_DIR;
const note = (name, line) => fs.appendFileSync(dir + '/' + name, JSON.stringify(line) + '\\n');
const lines = (name) => fs.existsSync(dir + '/' + name) ? fs.readFileSync(dir + '/' + name, 'utf8').trim().split('\\n').filter(Boolean) : [];
const rule = JSON.parse(fs.readFileSync(dir + '/rule.json', 'utf8'));
const prompt = fs.readFileSync(value('--task-file'), 'utf8');
const call = { id: process.pid + '-' + Date.now(), prompt, action: argv[1], runtime: argv[0], session: value('--session'), startMs: Date.now() };
if (rule.forMs && (rule.runtime ?? argv[0]) === argv[0] && lines('served.jsonl').length >= (rule.after ?? 0)) {
  fs.writeFileSync(dir + '/until.' + process.pid, String(Date.now() + rule.forMs));
  try { fs.linkSync(dir + '/until.' + process.pid, dir + '/until'); } catch {}
  rule.untilMs = Number(fs.readFileSync(dir + '/until', 'utf8'));
  rule.error = { reset_at: new Date(rule.untilMs).toISOString() };
}
const over = rule.untilMs === undefined ? false : rule.untilMs === 0 || Date.now() < rule.untilMs;
const refused = rule.category !== undefined && over && (rule.runtime ?? argv[0]) === argv[0] && lines('served.jsonl').length >= (rule.after ?? 0);
note('starts.jsonl', { ...call, refused });
if (!refused) note('served.jsonl', call.id);
const record = process.cwd() + '/.pandacode/sessions/' + argv[0];
fs.mkdirSync(record, { recursive: true });
fs.writeFileSync(record + '/' + call.session + '.json', JSON.stringify({ thread_id: 't-' + call.session }));
const tell = (type, data = {}) => fs.appendFileSync(value('--events-file'), JSON.stringify({ ts_ms: Date.now(), type, data }) + '\\n');
if (rule.throttledMs) tell('model.retrying', { attempt: 1, retry_delay_ms: rule.throttledMs, error_status: 429 });
if (rule.answersAfterMs) {
  tell('session.started');
  setTimeout(() => tell('message'), rule.answersAfterMs);
}
setTimeout(() => {
  note('ends.jsonl', { id: call.id, endMs: Date.now() });
  const base = { runtime: argv[0], session: call.session, dispatch_id: value('--dispatch-id'), usage: { total_tokens: 10 } };
  const report = refused
    ? { ok: false, state: 'failed', ...base, error: { message: 'no more for now', retryable: false, ...rule.error, category: rule.category } }
    : { ok: true, state: 'completed', ...base, last_agent_message: 'done ' + call.action };
  if (rule.writes) fs.appendFileSync(rule.writes, call.action + '\\n');
  console.log(JSON.stringify(report));
  process.exitCode = refused ? 1 : 0;
}, rule.workMs ?? 50);
`;

export interface Rule {
  /** How many are served before anybody is refused. */
  after?: number;
  category?: string;
  error?: Record<string, unknown>;
  /** Who starts before this time is refused; 0 = always. */
  untilMs?: number;
  /** Instead of `untilMs`: so many milliseconds from the first refusal on. The reset is told. */
  forMs?: number;
  workMs?: number;
  /** When its first answer is in its events, in milliseconds from its start. Needs the feature `events-file`. */
  answersAfterMs?: number;
  /** It says at its start that its vendor told it to wait so long, and waits by itself. Needs the feature `events-file`. */
  throttledMs?: number;
  /** Only who asks this runtime is refused. */
  runtime?: string;
  /** A file in the working directory to which each call adds its action. */
  writes?: string;
}

/** A project whose executor keeps to a rule that the test may change at any time. */
export class RefusingProject extends Project {
  constructor(script: string, rule: Rule) {
    super({ 'a.js': script, executor });
    chmodSync(join(this.dir, 'executor'), 0o755);
    this.rule(rule);
  }

  rule(rule: Rule): void {
    writeFileSync(join(this.dir, 'rule.json'), JSON.stringify(rule));
  }

  exec(...flags: string[]): OdwProcess {
    const source = flags.includes('--resume') ? [] : ['--script', 'a.js', '--backend', 'pandacode', '--pandacode-bin', './executor'];
    return startOdw(['exec', ...source, ...flags], { cwd: this.dir, env: this.env });
  }

  get env(): NodeJS.ProcessEnv {
    return { ODW_TEST_DIR: this.dir, ODW_EXECUTOR_FEATURES: 'dispatch-id' };
  }

  calls(): Call[] {
    const ends = new Map(this.lines<{ id: string; endMs: number }>('ends.jsonl').map(({ id, endMs }) => [id, endMs]));
    return this.lines<Call & { id: string }>('starts.jsonl').map((call) => ({ ...call, ...(ends.has(call.id) ? { endMs: ends.get(call.id)! } : {}) }));
  }

  /** A file of the project. */
  read(name: string): string {
    return readFileSync(join(this.dir, name), 'utf8');
  }

  count(runId: string, type: string): number {
    return this.events(runId).filter((event) => event['type'] === type).length;
  }

  private lines<T>(name: string): T[] {
    const path = join(this.dir, name);
    if (!existsSync(path)) return [];
    return readFileSync(path, 'utf8')
      .split('\n')
      .flatMap((line) => (line === '' ? [] : [JSON.parse(line) as T]));
  }
}

/** Most calls that ran at the same moment. */
export function mostAtOnce(calls: readonly Call[]): number {
  return Math.max(0, ...calls.map((one) => calls.filter((other) => other.startMs <= one.startMs && (other.endMs ?? Infinity) > one.startMs).length));
}

/** The id that a run has printed. */
export async function runIdOf(run: OdwProcess): Promise<string> {
  await run.until(/run_id=\S+/, 90_000);
  return /run_id=(\S+)/.exec(run.text())![1]!;
}

export async function until(holds: () => boolean, what: string, timeoutMs = 90_000): Promise<void> {
  for (const deadline = Date.now() + timeoutMs; !quietly(holds); await sleep(50)) if (Date.now() > deadline) throw new Error(`not in time: ${what}`);
}

// A file that is read while it is written may be torn or not there yet.
function quietly(holds: () => boolean): boolean {
  try {
    return holds();
  } catch {
    return false;
  }
}
