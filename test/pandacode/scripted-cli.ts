import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { performRun } from '../../pandacode/run/perform-run.ts';
import { RunControl } from '../../pandacode/run/run-control.ts';
import type { RunSettings } from '../../pandacode/run/settings.ts';
import type { Report } from '../../pandacode/report/report.ts';
import type { Runtime, RuntimeOptions } from '../../pandacode/runtimes/runtime.ts';

/** What a stand-in does when it is called: objects and texts become lines of stdout. */
export interface CliCall {
  lines?: (object | string)[];
  stderr?: string;
  exitCode?: number;
  /** Written to the file that `-o` names, as codex does. */
  last?: string;
  /** Shell commands after the output, such as `kill -9 $$`. */
  then?: string;
}

export interface ScriptedCli {
  bin: string;
  /** What the program was given, call by call. */
  calls(): { args: string[]; input: string; env: string[] }[];
}

/** A real program that stands in for a vendor's CLI: its first call does the first thing, and so on; a small shell script, so that it is quick. */
export function scriptedCli(folder: string, ...calls: CliCall[]): ScriptedCli {
  const root = join(folder, '..', 'cli');
  mkdirSync(root, { recursive: true });
  const at = (name: string, number: number) => join(root, `${name}.${number}`);
  calls.forEach(({ lines = [], stderr = '', exitCode = 0, last, then = '' }, index) => {
    const text = lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join('');
    writeFileSync(at('out', index + 1), text);
    writeFileSync(at('err', index + 1), stderr);
    writeFileSync(at('then', index + 1), `${then}\nexit ${exitCode}\n`);
    if (last !== undefined) writeFileSync(at('last', index + 1), last);
  });
  const bin = join(root, 'cli');
  const script = `#!/bin/sh
[ "$1" = login ] && exit 0
d='${root}'
n=$(($(cat "$d/n" 2>/dev/null || echo 0) + 1))
echo $n > "$d/n"
: > "$d/args.$n"
for a in "$@"; do printf '%s\\0' "$a" >> "$d/args.$n"; done
env -0 > "$d/env.$n"
cat > "$d/in.$n"
if [ -f "$d/last.$n" ]; then while [ $# -gt 0 ]; do [ "$1" = -o ] && cp "$d/last.$n" "$2"; shift; done; fi
cat "$d/err.$n" >&2
cat "$d/out.$n"
. "$d/then.$n"
`;
  writeFileSync(bin, script);
  chmodSync(bin, 0o755);
  const parts = (file: string) => readFileSync(file, 'utf8').split('\0').slice(0, -1);
  return {
    bin,
    calls: () => {
      const made = existsSync(join(root, 'n')) ? Number(readFileSync(join(root, 'n'), 'utf8')) : 0;
      return Array.from({ length: made }, (_, index) => ({
        args: parts(at('args', index + 1)),
        input: readFileSync(at('in', index + 1), 'utf8'),
        env: parts(at('env', index + 1)),
      }));
    },
  };
}

export type RunWishes = Partial<Omit<RunSettings, 'runtime' | 'options'>> & { options?: Partial<RuntimeOptions>; control?: RunControl };

/** One run of a runtime in this process, as `exec` and `resume` make it, without the printing. */
export async function runOf(runtime: Runtime, workspace: string, { options, control = new RunControl(), ...more }: RunWishes): Promise<Report> {
  const { report, finish } = await performRun(
    {
      runtime,
      action: 'exec',
      task: 'Do the task.',
      workspace,
      stateDir: join(workspace, '.pandacode'),
      session: 's',
      timeoutMs: 60_000,
      idleTimeoutMs: 0,
      schemaRepairs: 2,
      dispatchId: null,
      detachSafe: false,
      notes: [],
      json: true,
      startedMs: Date.now(),
      ...more,
      env: { PATH: process.env['PATH'], HOME: join(workspace, '..'), ...more.env },
      options: { claudeMode: 'auto', allowTools: [], codexConfig: [], passEnv: [], persist: true, ...options },
    },
    control,
  );
  finish();
  return report;
}
