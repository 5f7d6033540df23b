import { canonicalJson } from './canonical.ts';
import type { NodeIdentity } from './fingerprint.ts';
import { skillsPart } from './skills-part.ts';

/** What a fingerprint is made of, in groups that a person thinks in. */
export const partNames = ['prompt', 'schema', 'model', 'options', 'inputs', 'skills'] as const;
export type PartName = (typeof partNames)[number];

/**
 * The parts of a node's fingerprint as one short text, so that a later resume can say which of them changed (EXPL-01). Only ever compared
 * with each other: what is reused is decided by the fingerprint.
 */
export function partsOf(identity: NodeIdentity): string {
  const { prompt, schema, schemaPurpose, backend, runtime, provider, model, gateway, acpAgent, inputs, skills, ...options } = identity;
  const parts = [
    prompt,
    schema === undefined && schemaPurpose === undefined ? '' : canonicalJson([schema, schemaPurpose]),
    canonicalJson([backend, runtime, provider, model, gateway, acpAgent]),
    canonicalJson(options),
  ].map(shortHash);
  // Few nodes name files, or go by skills.
  if (inputs !== undefined || skills) parts.push(inputs === undefined ? '' : shortHash(inputs));
  if (skills) parts.push(skillsPart(skills));
  return parts.join('.');
}

/** The parts in which two nodes differ; undefined when those of one were not recorded. */
export function changedParts(before: string | undefined, now: string | undefined): PartName[] | undefined {
  const [a, b] = [before?.split('.'), now?.split('.')];
  if (!a || !b || a.length < 4 || b.length < 4) return undefined;
  return partNames.filter((_, n) => (a[n] ?? '') !== (b[n] ?? ''));
}

// 53 bits in one pass (cyrb53): a SHA-256 for each part would double the time that identities take.
function shortHash(text: string): string {
  // A global name that is looked up in the workflow sandbox costs more than all the rest of a turn.
  const { imul } = Math;
  let a = 0xdeadbeef;
  let b = 0x41c6ce57;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    a = imul(a ^ code, 2654435761);
    b = imul(b ^ code, 1597334677);
  }
  a = imul(a ^ (a >>> 16), 2246822507) ^ imul(b ^ (b >>> 13), 3266489909);
  b = imul(b ^ (b >>> 16), 2246822507) ^ imul(a ^ (a >>> 13), 3266489909);
  return (4294967296 * (2097151 & b) + (a >>> 0)).toString(36);
}
