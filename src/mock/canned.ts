import type { Json } from '../../schemas/json.ts';

interface Origin {
  phase: string;
  label: string;
  attempt: number;
}

type Canned = (origin: Origin) => Record<string, Json>;

/** The mock's answer for a well-known schema, chosen by the end of its name, a file path or an inline title (MOCK-07). */
export function cannedResult(schemaName: string, origin: Origin): Record<string, Json> | undefined {
  const suffix = Object.keys(results).find((name) => schemaName.endsWith(`${name}.schema.json`));
  return suffix === undefined ? undefined : results[suffix]!(origin);
}

const task = (id: string): Json => ({ id, title: `Mock ${id}`, prompt: `Do mock ${id}.`, depends_on: [], files: [] });

const results: Record<string, Canned> = {
  research: () => ({
    summary: 'mock research',
    files: ['README.md'],
    batches: [{ id: 'batch-1', title: 'Mock batch', files: ['README.md'], reason: 'mock' }],
    evidence: [{ file: 'README.md', line: 1, note: 'mock evidence' }],
  }),
  'security-finding': () => ({ findings: [], clean_files: ['README.md'], uncertain: [] }),
  'codex-plan': () => ({ status: 'planned', plan: ['mock step'], constraints: [], verification: ['mock check'] }),
  'task-plan': () => ({
    tasks: [task('task-a'), task('task-b'), task('task-c')],
    join: { strategy: 'all', instructions: 'Join the mock tasks.' },
    quality: { criteria: ['every task is done'], min_score: 1 },
  }),
  'codex-result': () => ({
    run_id: 'mock-run',
    status: 'completed',
    changed_files: [],
    verification: [{ command: 'mock check', status: 'passed' }],
    risks: [],
    adapter: { backend: 'pandacode', runtime: 'codex' },
    error: null,
  }),
  'test-result': () => ({ commands: [{ command: 'mock test', exit_code: 0, status: 'passed' }], verdict: 'passed' }),
  verifier: () => ({ accepted: [], rejected: [], needs_more_evidence: [] }),
  'task-join': () => ({
    status: 'joined',
    items: ['task-a', 'task-b', 'task-c'].map((id) => ({ id, status: 'completed', summary: `Mock ${id} is done.` })),
    failed: [],
    review_targets: ['task-a', 'task-b', 'task-c'],
  }),
  'quality-gate': () => ({ verdict: 'pass', score: 1, accepted: ['task-a', 'task-b', 'task-c'], issues: [], rework_tasks: [], next_action: 'synthesize' }),
  synthesis: () => ({ summary: 'mock synthesis', details: ['mock detail'], risks: [], next_actions: [] }),
  'error-feedback': (origin) => ({
    ok: false,
    origin: { phase: origin.phase, agent: origin.label, backend: 'mock', attempt: origin.attempt },
    error: { category: 'mock_error_feedback', message: 'mock error feedback' },
    feedback: { retryable: false, user_message: 'The mock backend was asked for an error.', next_action: 'Use another schema.' },
  }),
};
