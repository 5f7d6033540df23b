import type { Json } from '../../schemas/json.ts';
import type { RunState } from '../../schemas/state.ts';

const shownCauses = 5;
const shownLabels = 3;
const longest = 600;

interface Cause {
  labels: string[];
  message: string;
  nextAction: string | undefined;
}

/**
 * Why nodes of a run failed, for people: one line per cause, most frequent first, with the labels it hit and what to do.
 * Empty when no node failed.
 */
export function failureCauses(failed: RunState['failedAgents']): string[] {
  const causes = new Map<string, Cause>();
  for (const { label, result } of Object.values(failed)) {
    const cause = causeOf(result);
    const key = JSON.stringify([cause.message, cause.nextAction]);
    const known = causes.get(key) ?? { ...cause, labels: [] };
    known.labels.push(label);
    causes.set(key, known);
  }
  const sorted = [...causes.values()].sort((a, b) => b.labels.length - a.labels.length);
  const lines = sorted.slice(0, shownCauses).map(lineOf);
  const rest = sorted.slice(shownCauses).reduce((sum, { labels }) => sum + labels.length, 0);
  return rest > 0 ? [...lines, `and ${rest} more for ${sorted.length - shownCauses} other reasons`] : lines;
}

function lineOf({ labels, message, nextAction }: Cause): string {
  const named = labels.slice(0, shownLabels).join(', ');
  const who = labels.length > shownLabels ? `${named} and ${labels.length - shownLabels} more` : named;
  return `${who}: ${nextAction === undefined || message.includes(nextAction) ? message : `${message.replace(/[.\s]+$/, '')}. ${nextAction}`}`;
}

function causeOf(result: Json): Omit<Cause, 'labels'> {
  const error = field(result, 'error');
  const text = field(error, 'message') ?? field(error, 'category');
  const next = field(error, 'next_action') ?? field(field(result, 'feedback'), 'next_action');
  return {
    message: oneLine(typeof text === 'string' && text.trim() ? text : 'failed without a reason'),
    nextAction: typeof next === 'string' ? oneLine(next) : undefined,
  };
}

function field(value: Json | undefined, name: string): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value[name] : undefined;
}

function oneLine(text: string): string {
  const flat = text.replace(/\s+/g, ' ').trim();
  return flat.length > longest ? `${flat.slice(0, longest - 1)}…` : flat;
}
