import { childEnvironment, passedNames } from '../../env/child-environment.ts';
import { claudeEnvironment } from '../claude/environment.ts';
import type { AcpAgent } from './agents.ts';

export interface AcpEnvironment {
  agent: AcpAgent;
  env: NodeJS.ProcessEnv;
  passEnv: readonly string[];
  permission: 'max' | 'limited';
  /** Folder for the configuration of an agent that would mix with the user's own. */
  privateConfigDir: string;
}

/** The environment of an agent, and the folder it keeps its conversations in when that is ours. */
export function acpEnvironment(from: AcpEnvironment): { variables: Record<string, string>; configDir: string | undefined } {
  const { agent, env, permission } = from;
  const names = [...agent.env, ...from.passEnv];
  if (agent.name === 'claude-agent-acp') {
    return claudeEnvironment({ env, passEnv: names, effort: null, privateConfigDir: from.privateConfigDir, userId: process.getuid?.() });
  }
  const set = (permission === 'limited' ? agent.limitedSet : undefined) ?? agent.set;
  return { variables: { ...set, ...childEnvironment(env, [...names, ...passedNames([], env)]) }, configDir: undefined };
}
