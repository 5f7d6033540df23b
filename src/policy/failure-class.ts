/** What a failure is about (QUOTA-01). Only `agent` is the agent's own. */
export const failureClasses = ['quota', 'rate', 'overloaded', 'network', 'auth', 'invalid', 'budget', 'agent'] as const;
export type FailureClass = (typeof failureClasses)[number];

const classes: Record<string, FailureClass> = {
  quota: 'quota',
  rate_limit: 'rate',
  overloaded: 'overloaded',
  network: 'network',
  auth: 'auth',
  invalid_request: 'invalid',
  budget: 'budget',
};

// Categories of the tool codexctl, as executors of odw 0.3.1 report them: classed by their ending.
const foreign = 'codexctl_';

/** The class of a failure, from the category that its executor gave it (docs/spec/pandacode.md section 3). */
export function failureClass(category: string): FailureClass {
  const own = category.startsWith(foreign) ? category.slice(foreign.length) : category;
  return Object.hasOwn(classes, own) ? classes[own]! : 'agent';
}

/** A class for which the whole provider waits until it lets the run go on. */
export type ProviderClass = 'quota' | 'rate' | 'auth';

/**
 * How a node waits for its provider after a failure of this category, outside its attempts: `provider` with everything that goes to the
 * same provider, until that serves it again; `briefly` for itself, a few times, before the failure is the node's result; undefined: not at all.
 */
export function waitAfter(category: string): 'provider' | 'briefly' | undefined {
  // Whoever speaks of codexctl runs scripts of odw 0.3.1, which decide for themselves (FAIL-02).
  if (category.startsWith(foreign)) return undefined;
  const kind = failureClass(category);
  if (kind === 'quota' || kind === 'rate' || kind === 'auth') return 'provider';
  return kind === 'overloaded' || kind === 'network' ? 'briefly' : undefined;
}
