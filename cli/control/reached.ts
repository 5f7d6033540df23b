import type { ControlAnswer } from '../../schemas/run-control.ts';

/** Tells of each limit that keeps something parked until it is raised, with the command that does that. A line or two each. */
export function reachedLines({ parked = [], reached = [] }: Pick<ControlAnswer, 'parked' | 'reached'>): string[] {
  return reached.flatMap(({ scope, message }) => {
    const fix = parked.find((park) => park.scope === scope)?.fix;
    return [`${scope} stays parked: ${message}`, ...(fix === undefined ? [] : [`  go on with: ${fix}`])];
  });
}
