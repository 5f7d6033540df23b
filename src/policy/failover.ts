/** Where a node goes instead of its own provider (QUOTA-07). */
export interface FailoverTarget {
  runtime: string;
  /** Vendor of the runtime bamboo. */
  provider?: string;
  acpAgent?: string;
  /** Absent: the runtime's own choice. */
  model?: string;
}

/** `meta.failover`: for a provider the others that may take its nodes over, in this order. */
export type Failover = Record<string, string[]>;

/** `meta.failover` as far as it makes sense: lists of names that are not the provider itself. Undefined when it says nothing. */
export function readFailover(value: unknown): Failover | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const entries = Object.entries(value).flatMap(([from, given]): [string, string[]][] => {
    const names = (Array.isArray(given) ? given : [given]).filter((name): name is string => typeof name === 'string' && readTarget(name) !== undefined);
    const others = [...new Set(names)].filter((name) => targetName(name) !== from);
    return others.length > 0 ? [[from, others]] : [];
  });
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}

/** Reads `NAME` or `NAME/MODEL`, where NAME is `claude`, `codex`, `acp:AGENT` or a vendor of bamboo. Undefined when there is no name. */
export function readTarget(text: string): FailoverTarget | undefined {
  const name = targetName(text);
  const model = text.slice(name.length + 1).trim();
  const more = model === '' ? {} : { model };
  if (name === '' || name === 'acp:') return undefined;
  if (name === 'claude' || name === 'codex') return { runtime: name, ...more };
  if (name.startsWith('acp:')) return { runtime: 'acp', acpAgent: name.slice('acp:'.length), ...more };
  return { runtime: 'bamboo', provider: name, ...more };
}

function targetName(text: string): string {
  return text.split('/', 1)[0]!.trim();
}
