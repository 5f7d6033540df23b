import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Project } from '../support/odw.ts';

export type Fields = Record<string, any>;

/** A run as a foreign harness sees it: the process, and the two files that are contract. */
export interface SeenRun {
  code: number | null;
  stdout: string;
  stderr: string;
  id: string;
  events: Fields[];
  state: Fields;
  of(type: string): Fields[];
}

/** A reply of the fake executor: taken by the first entry whose `prompt` occurs in the node's prompt. */
export interface Reply {
  prompt: string;
  /** Lines of stdout; objects are written as JSON. */
  lines: (object | string)[];
  exit?: number;
  /** File to write in the executor's working directory. */
  writes?: string;
}

/** The project folder of one compatibility test. */
export class CompatProject extends Project {
  /** Runs a script text through the built command; the run is found by what it printed, as any harness would. */
  async runScript(source: string, args: string[] = [], env: NodeJS.ProcessEnv = {}): Promise<SeenRun> {
    this.write('script.js', source);
    return this.exec(['--script', 'script.js', ...args], env);
  }

  async exec(args: string[], env: NodeJS.ProcessEnv = {}): Promise<SeenRun> {
    const { code, stdout, stderr } = await this.odw(['exec', ...args], env);
    const id = /run_id=(\S+)/.exec(stdout + stderr)?.[1] ?? '';
    const folder = join(this.dir, '.odw', 'runs', id);
    const lines = id !== '' && existsSync(join(folder, 'events.jsonl')) ? readFileSync(join(folder, 'events.jsonl'), 'utf8').trimEnd().split('\n') : [];
    const events = lines.map((line) => JSON.parse(line) as Fields).map((record) => (typeof record['raw'] === 'object' ? (record['raw'] as Fields) : record));
    const statePath = join(folder, 'state.json');
    const state = id !== '' && existsSync(statePath) ? (JSON.parse(readFileSync(statePath, 'utf8')) as Fields) : {};
    return { code, stdout, stderr, id, events, state, of: (type) => events.filter((event) => event['type'] === type) };
  }

  /** Puts a fake pandacode into the project and returns the flags that use it. It notes each argv in `argv.jsonl`. */
  fake(replies: Reply[]): string[] {
    const path = this.write(
      'fake-pandacode',
      `#!${process.execPath}
const fs = require('node:fs');
const argv = process.argv.slice(2);
fs.appendFileSync(${JSON.stringify(join(this.dir, 'argv.jsonl'))}, JSON.stringify(argv) + '\\n');
const prompt = fs.readFileSync(argv[argv.indexOf('--task-file') + 1], 'utf8');
const reply = ${JSON.stringify(replies)}.find((one) => prompt.includes(one.prompt)) ?? { lines: ['no reply for this prompt'], exit: 9 };
if (reply.writes) fs.writeFileSync(reply.writes, 'written\\n');
for (const line of reply.lines) console.log(typeof line === 'string' ? line : JSON.stringify(line));
process.exitCode = reply.exit ?? 0;
`,
    );
    chmodSync(path, 0o755);
    return ['--backend', 'pandacode', '--pandacode-bin', path];
  }

  /** The command lines that the fake pandacode was started with. */
  argv(): string[][] {
    const path = join(this.dir, 'argv.jsonl');
    if (!existsSync(path)) return [];
    return readFileSync(path, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as string[]);
  }
}
