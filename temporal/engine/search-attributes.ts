/** Numbers of Temporal's IndexedValueType that odw uses. */
const keyword = 2;
const int = 3;

/**
 * Search attributes of a run, and their types. Few on purpose: SQL visibility has ten Keyword and three Int slots for a namespace,
 * shared with everything else that runs there.
 */
export const searchAttributeTypes = { OdwProject: keyword, OdwStatus: keyword, OdwPhase: keyword, OdwNodes: int, OdwFailed: int, OdwTokens: int } as const;

export type SearchAttributeName = keyof typeof searchAttributeTypes;

/** What is still to be done so that a namespace has all attributes. */
export interface AttributePlan {
  missing: Record<string, number>;
  /** Names that exist with another type: the server keeps the old type silently when they are added again. */
  conflicting: string[];
}

/** Compares what a namespace has with what odw needs. */
export function planSearchAttributes(present: Record<string, number | null | undefined>): AttributePlan {
  const entries = Object.entries(searchAttributeTypes);
  return {
    missing: Object.fromEntries(entries.filter(([name]) => present[name] === undefined || present[name] === null)),
    conflicting: entries.filter(([name, type]) => typeof present[name] === 'number' && present[name] !== type).map(([name]) => name),
  };
}
