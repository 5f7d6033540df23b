import type { AskedAgain } from '../../schemas/run-input.ts';
import { OdwError } from '../../src/errors/error.ts';
import { nearNames } from '../../src/near.ts';
import type { Earlier } from './earlier.ts';
import type { ExecFlags } from './flags.ts';

interface Place {
  key: string;
  label: string;
  phase: string;
  index: number;
}

/**
 * The nodes that `--rerun` and `--from-phase` name (EXPL-01).
 *
 * @param titles phases of the script's meta, in their order
 * @returns undefined when nothing is asked
 * @throws OdwError `rerun-unknown`, with the names that come near
 */
export function readAsked(flags: Pick<ExecFlags, 'rerun' | 'fromPhase'>, earlier: Earlier, titles: readonly string[]): AskedAgain | undefined {
  const asked: AskedAgain = { keys: [], labels: [], phases: [] };
  if (!flags.rerun?.length && flags.fromPhase === undefined) return undefined;
  const places = placesOf(earlier);
  const keys = new Set(places.map(({ key }) => key));
  const labels = new Set(places.map(({ label }) => label));
  for (const name of flags.rerun ?? []) {
    if (name === 'failed') asked.keys.push(...earlier.failed.map(({ key }) => key));
    const known = [...(keys.has(name) ? [asked.keys] : []), ...(labels.has(name) ? [asked.labels] : [])];
    if (known.length === 0 && name !== 'failed') throw unknown('--rerun', name, 'node', [...labels, ...[...keys].filter((key) => !key.startsWith('agent:'))]);
    for (const list of known) list.push(name);
  }
  if (flags.fromPhase !== undefined) {
    const met = [...places].sort((a, b) => a.index - b.index).map(({ phase }) => phase);
    const phases = [...new Set([...titles, ...met])].filter(Boolean);
    const from = phases.indexOf(flags.fromPhase);
    if (from < 0) throw unknown('--from-phase', flags.fromPhase, 'phase', phases);
    asked.phases = phases.slice(from);
  }
  return asked;
}

function placesOf({ reuse, failed, active }: Earlier): Place[] {
  const done = Object.entries(reuse.nodes).map(([key, node]) => ({ key, ...node }));
  return [...done, ...failed, ...active].map(({ key, label, phase, index }) => ({ key, label, phase: phase ?? '', index: index ?? Infinity }));
}

function unknown(flag: string, name: string, what: string, names: readonly string[]): OdwError {
  const near = nearNames(name, names);
  const some = near.length > 0 ? near : [...new Set(names)].slice(0, 8);
  const hint =
    some.length === 0 ? `it has no ${what} with a name` : `${near.length > 0 ? 'did you mean' : 'there are'} ${some.map((one) => `"${one}"`).join(', ')}`;
  return new OdwError('rerun-unknown', `${flag} "${name}": the resumed run has no such ${what}; ${hint}${near.length > 0 ? '?' : ''}`, {
    exitCode: 2,
    fields: { flag, name, near },
  });
}
