import { pandacode, standIn, startPandacode, workspace, type Ended } from '../../support/pandacode.ts';

/** What the scripted agent does, see test/fixtures/clis/acp-agent.mjs. */
export type Step = Record<string, unknown>;

/** The prompt that makes the scripted agent do these steps. */
export function steps(...list: Step[]): string {
  return `Do the task.\n<acp>${JSON.stringify(list)}</acp>`;
}

/** The command line of the scripted agent; words change what it can do. */
export function scriptedAgent(...words: string[]): string {
  return [`"${process.execPath}"`, standIn('acp-agent'), ...words].join(' ');
}

export interface Options {
  words?: string[];
  flags?: string[];
  env?: NodeJS.ProcessEnv;
  ws?: string;
  command?: 'exec' | 'resume';
}

function argv(list: Step[], { words = [], flags = [], ws = workspace(), command = 'exec' }: Options): { args: string[]; ws: string } {
  return { args: ['acp', command, '--cd', ws, '--session', 's', '--json', '--agent', scriptedAgent(...words), '--task', steps(...list), ...flags], ws };
}

/** Runs the scripted agent through the executor. */
export async function run(list: Step[], options: Options = {}): Promise<Ended & { ws: string }> {
  const { args, ws } = argv(list, options);
  const ended = await pandacode(args, options.env ? { env: options.env } : {});
  if (!ended.report) throw new Error(`no report: ${ended.stdout} ${ended.stderr}`);
  return { ...ended, ws };
}

/** The same, without waiting for the end. */
export async function startRun(list: Step[], options: Options = {}) {
  const { args, ws } = argv(list, options);
  return { ...(await startPandacode(args, options.env ? { env: options.env } : {})), ws };
}
