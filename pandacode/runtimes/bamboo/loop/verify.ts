import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runShell } from '../tools/bash.ts';
import { withoutSecrets, type ToolSurroundings } from '../tools/tool.ts';

/** One check. `source` `model` = a claim of the model that nobody ran. */
export interface Verification {
  command: string;
  exit_code: number | null;
  ok: boolean | null;
  source: 'verify' | 'model';
  claim?: true;
  output_tail?: string;
}

/** Runs the commands one after the other, each within the shell limit. */
export async function verifyAll(commands: string[], surroundings: ToolSurroundings): Promise<Verification[]> {
  const results: Verification[] = [];
  const { events, control, watchdog } = surroundings.context;
  for (const command of commands) {
    if (control.reason) break;
    events.emit('verification.started', { command });
    watchdog.tool(1);
    const outcome = withoutSecrets(await runShell(command, surroundings.shellTimeoutMs, surroundings), surroundings.secrets);
    watchdog.tool(-1);
    const output = `${outcome.stdout ?? ''}${outcome.stderr ?? ''}`.slice(-4000);
    results.push({
      command,
      exit_code: outcome.exit_code ?? null,
      ok: outcome.ok,
      source: 'verify',
      ...(outcome.ok ? {} : { output_tail: output || outcome.message }),
    });
    events.emit('verification.finished', { command, ok: outcome.ok, exit_code: outcome.exit_code ?? null });
  }
  return results;
}

/** Checks that the kind of project suggests. */
export function inferredChecks(workspace: string): string[] {
  const has = (name: string) => existsSync(join(workspace, name));
  return [
    ...(has('Cargo.toml') ? ['cargo test'] : []),
    ...(hasTestScript(join(workspace, 'package.json')) ? ['npm test'] : []),
    ...(has('go.mod') ? ['go test ./...'] : []),
    ...(has('pyproject.toml') || has('pytest.ini') || has('setup.py') ? ['python -m pytest'] : []),
  ];
}

// `npm init` writes a script that only fails.
function hasTestScript(file: string): boolean {
  try {
    const script = (JSON.parse(readFileSync(file, 'utf8')) as { scripts?: { test?: string } }).scripts?.test;
    return Boolean(script) && !/no test specified/.test(script!);
  } catch {
    return false;
  }
}

export function failedChecks(results: Verification[]): string | undefined {
  const failures = results.filter((one) => one.ok === false);
  if (failures.length === 0) return undefined;
  return failures.map((one) => `${one.command} failed (exit code ${one.exit_code}):\n${one.output_tail ?? ''}`).join('\n\n');
}
