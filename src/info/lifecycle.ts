// What each part of a run's life is done with, first choice first; names of commands without the program's.
const wanted = {
  exec: ['exec', 'run'],
  watch: ['watch', 'runs watch', 'status', 'attach'],
  pause_resume: ['pause', 'unpause', 'resume'],
  stop: ['stop'],
  restart_agent: ['node restart'],
  save: ['save'],
  remove: ['workflows rm'],
  evidence: ['verify'],
  observability: ['runs list', 'runs show', 'report', 'doctor'],
  spec: ['spec', 'capabilities', 'contract', 'guide', 'lint'],
} as const;

export type Lifecycle = Record<keyof typeof wanted | 'error_feedback', string | null>;

/**
 * The commands for each part of a run's life (INFO-02, INFO-04): only those that exist, null where there is none.
 *
 * @param commands names of all commands, such as `runs list`
 */
export function lifecycle(commands: readonly string[]): Lifecycle {
  const parts = Object.entries(wanted).map(([part, names]) => {
    const there = names.filter((name) => commands.includes(name));
    return [part, there.length === 0 ? null : there.map((name) => `odw ${name}`).join(', ')] as const;
  });
  const feedback = 'A failed node resolves to { ok: false, origin, error, feedback, context }; agents may reply in that shape themselves.';
  return { ...(Object.fromEntries(parts) as Record<keyof typeof wanted, string | null>), error_feedback: feedback };
}
