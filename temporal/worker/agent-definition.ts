import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { readDefinition } from '../../src/agents/definition.ts';
import type { AgentDefinition } from '../../workflows/activities.ts';

/** Finds and reads `.claude/agents/<type>.md` in the project, then in the personal folder (DIAL-15). Not finding one is an answer. */
export async function loadAgentDefinition({ root, type }: { root: string; type: string }): Promise<AgentDefinition> {
  const folders = [join(root, '.claude', 'agents'), join(process.env['CLAUDE_CONFIG_DIR'] ?? join(homedir(), '.claude'), 'agents')];
  // A name with a path in it would lead out of these folders.
  if (!/^[\w.-]+$/.test(type) || type.startsWith('.')) return unknown(type, 'a name of letters, digits, - and _ was expected');
  for (const folder of folders) {
    const path = join(folder, `${type}.md`);
    try {
      return { ok: true, ...readDefinition(await readFile(path, 'utf8')) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return unknown(type, `${path} cannot be read: ${(error as Error).message}`);
    }
  }
  return unknown(type, `looked for ${type}.md in ${folders.join(' and ')}`);
}

function unknown(type: string, why: string): AgentDefinition {
  return { ok: false, message: `AGENT_TYPE_UNKNOWN: there is no agent type "${type}"; ${why}` };
}
