import { expect } from 'vitest';
import type { Project } from '../support/odw.ts';

export interface Explained {
  open: boolean;
  nodes: { label: string; decision: string; reason: string | null }[];
  totals: Record<string, number>;
}

/** What the tests ask of the runs of a project; it is looked up at each question. */
export function nodesIn(project: () => Project) {
  const started = (runId: string) =>
    project()
      .events(runId)
      .filter(({ type }) => type === 'agent_start');
  const explain = async (runId: string): Promise<Explained> => {
    const { code, stdout, stderr } = await project().odw(['exec', '--resume', runId, '--explain', '--json']);
    expect(code, stderr).toBe(0);
    return JSON.parse(stdout) as Explained;
  };
  return {
    /** Events of nodes that were started, in their order. */
    started,
    labels: (runId: string) => started(runId).map(({ label }) => label),
    /** `odw exec --resume --explain`. */
    explain,
    /** Why each node would run again, or `reuse`, by label. */
    reasons: async (runId: string) => Object.fromEntries((await explain(runId)).nodes.map(({ label, decision, reason }) => [label, reason ?? decision])),
  };
}
