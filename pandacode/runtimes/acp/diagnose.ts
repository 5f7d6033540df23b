import { findProgram } from '../../process/find-program.ts';
import { probe } from '../../process/probe.ts';
import type { Diagnosis, RuntimeOptions } from '../runtime.ts';
import { versionIn } from '../version-number.ts';
import { acpAgents, chooseAgent } from './agents.ts';

/** Looks for the agents. Whether one of them has a login shows only when it is asked to work. */
export async function diagnoseAcp(_options: Pick<RuntimeOptions, 'bin'>, env: NodeJS.ProcessEnv): Promise<Diagnosis> {
  const chosen = chooseAgent(env['PANDACODE_ACP_AGENT'], env);
  const program = chosen && findProgram(chosen.command[0]!, env);
  const answer = program ? await probe(program, ['--version'], { env }) : undefined;
  const version = answer && 'stdout' in answer ? (versionIn(answer.stdout) ?? 'unknown') : program ? 'unknown' : null;
  return {
    requirements: ['an agent that speaks ACP'],
    missing: program ? [] : ['an agent that speaks ACP'],
    version,
    warnings: [],
    configured: true,
    extra: {
      agent: chosen?.name ?? null,
      binary: program ?? null,
      agents: installed(env),
      ...(program ? {} : { next_action: 'Install one of the agents, or name a command line by PANDACODE_ACP_AGENT.' }),
    },
  };
}

/** The agents that are known by name. Their models show only in a session. */
export async function acpModels(_options: Pick<RuntimeOptions, 'bin'>, env: NodeJS.ProcessEnv): Promise<Record<string, unknown>> {
  const agents = installed(env);
  const isOne = agents.some((agent) => agent.installed) || Boolean(env['PANDACODE_ACP_AGENT']);
  return { ok: isOne, source: 'builtin', agents, ...(isOne ? {} : { error: `none of the agents ${agents.map(({ name }) => name).join(', ')} is installed` }) };
}

function installed(env: NodeJS.ProcessEnv) {
  return acpAgents.map(({ name, command }) => ({ name, command: command.join(' '), installed: findProgram(command[0]!, env) !== undefined }));
}
