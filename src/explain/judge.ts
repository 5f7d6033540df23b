import type { Json } from '../../schemas/json.ts';
import type { AskedAgain } from '../../schemas/run-input.ts';
import { changedParts, type PartName } from '../keys/parts.ts';
import { changedSkills } from '../keys/skills-part.ts';
import { valueTexts } from './value-texts.ts';
import type { MetNode, OldNode } from './nodes.ts';

/** Why a node would run again (EXPL-01). */
export type Reason =
  | 'PROMPT_CHANGED'
  | 'SCHEMA_CHANGED'
  | 'INPUT_CHANGED'
  | 'MODEL_CHANGED'
  | 'OPTION_CHANGED'
  | 'SKILL_CHANGED'
  | 'UPSTREAM_CHANGED'
  | 'PREV_FAILED'
  | 'ASKED'
  | 'NEW';

/** What a resume would do with one node. */
export interface ExplainedNode {
  key: string;
  index: number;
  label: string;
  phase: string;
  /** `unknown`: its prompt holds the answer of a node that runs again, so a result is there, and whether it fits shows only then. */
  decision: 'reuse' | 'rerun' | 'unknown';
  /** The first of `reasons`; null for a reused node, and when what changed was not recorded. */
  reason: Reason | null;
  reasons: Reason[];
  /** For `SKILL_CHANGED`, what became of which: `no-casts edited`, `own-rules added`. */
  skills?: string[];
  /** A reused node that failed: its run is open, and goes on with that. */
  failed?: true;
  /** A reused node that comes after one that runs again: it is reused as long as the script asks for it in the same words. */
  expected: boolean;
  /** What running it would take, from what it or its like took; null = nothing to go by. 0 for a reused node. */
  tokens: number | null;
  /** Key of the earlier node that it stands for, when there is one. */
  before?: string;
}

export interface Judged {
  met: readonly MetNode[];
  old: readonly OldNode[];
  /** The earlier node that each node without a result stands for, by the new key. */
  stands: ReadonlyMap<string, OldNode>;
  asked: AskedAgain | undefined;
  /** What the earlier run was asked to run again: where it did not come to that, it is asked still. */
  stillAsked?: AskedAgain | undefined;
  /** Texts that only the new input has; empty when the input is the same. */
  newInput: readonly string[];
}

const reasonOf: Record<PartName, Reason> = {
  prompt: 'PROMPT_CHANGED',
  schema: 'SCHEMA_CHANGED',
  model: 'MODEL_CHANGED',
  options: 'OPTION_CHANGED',
  inputs: 'INPUT_CHANGED',
  skills: 'SKILL_CHANGED',
};

/** Says for each node of a played script what a resume would do with it, and why, in the order of the calls. */
export function judgeNodes({ met, old, stands, asked, stillAsked, newInput }: Judged): ExplainedNode[] {
  const open: { node: MetNode; texts: string[]; isMade: boolean }[] = [];
  const judged = met.map((node): ExplainedNode => {
    const { key, index, label, phase } = node;
    const before = stands.get(key);
    const earlier = open.filter((one) => mayFeed(one.node, node));
    const kept = node.hit || before?.failure !== undefined;
    const held = earlier.filter(({ texts }) => texts.some((text) => node.prompt.includes(text)));
    const reasons = kept
      ? held.length > 0
        ? ['UPSTREAM_CHANGED' as const]
        : []
      : reasonsOf(node, before, { asked, stillAsked, newInput, upstream: held.some(({ isMade }) => isMade) });
    const decision = kept ? (held.length > 0 ? 'unknown' : 'reuse') : before?.state === 'active' ? 'unknown' : 'rerun';
    if (decision !== 'reuse') open.push({ node, texts: valueTexts(node.value), isMade: !kept && before?.state !== 'done' });
    return {
      key,
      index,
      label,
      phase,
      decision,
      reason: reasons[0] ?? null,
      reasons,
      ...(reasons.includes('SKILL_CHANGED') ? { skills: changedSkills(before?.parts, node.parts) } : {}),
      ...(before?.failure ? { failed: true as const } : {}),
      expected: decision === 'reuse' && earlier.length > 0,
      tokens: decision === 'reuse' ? 0 : (tokensOf(node, before, old) ?? null),
      ...(before ? { before: before.key } : {}),
    };
  });
  return judged.sort((a, b) => a.index - b.index);
}

// An answer can be in what is asked after it, but for the other items of its own group.
function mayFeed(earlier: MetNode, node: MetNode): boolean {
  if (earlier.group !== '' && earlier.group === node.group && earlier.item !== node.item) return false;
  return earlier.doneSeq < node.seq;
}

function reasonsOf(
  node: MetNode,
  before: OldNode | undefined,
  facts: { asked: AskedAgain | undefined; stillAsked: AskedAgain | undefined; newInput: readonly string[]; upstream: boolean },
): Reason[] {
  if (isAsked(node, facts.asked) && (!before || before.state === 'done')) return before ? ['ASKED'] : ['NEW'];
  if (!before) return [isAsked(node, facts.stillAsked) ? 'ASKED' : 'NEW'];
  if (before.state === 'failed') return ['PREV_FAILED'];
  if (before.state === 'active') return [];
  const changed = changedParts(before.parts, node.parts);
  if (!changed) return [];
  // It is asked the same, and is another one all the same: by its id (KEY-05).
  if (changed.length === 0 && before.key !== node.key) return ['OPTION_CHANGED'];
  const reasons = changed.map((part) => {
    if (part !== 'prompt') return reasonOf[part];
    if (facts.upstream) return 'UPSTREAM_CHANGED';
    return facts.newInput.some((text) => node.prompt.includes(text)) ? 'INPUT_CHANGED' : 'PROMPT_CHANGED';
  });
  return [...new Set(reasons)];
}

function isAsked({ key, label, phase }: MetNode, asked: AskedAgain | undefined): boolean {
  return asked !== undefined && (asked.keys.includes(key) || asked.labels.includes(label) || asked.phases.includes(phase));
}

function tokensOf(node: MetNode, before: OldNode | undefined, old: readonly OldNode[]): number | undefined {
  const own = before ?? old.find(({ key }) => key === node.key);
  if (own?.tokens != null) return own.tokens;
  return mean(old.filter(({ phase }) => phase === node.phase)) ?? mean(old);
}

function mean(nodes: readonly OldNode[]): number | undefined {
  const known = nodes.flatMap(({ tokens }) => (tokens === null ? [] : [tokens]));
  return known.length === 0 ? undefined : Math.round(known.reduce((sum, one) => sum + one, 0) / known.length);
}

/** Texts of an input that an earlier one does not have. */
export function textsOfNewInput(now: Json, before: Json): string[] {
  const known = new Set(valueTexts(before, 1));
  return valueTexts(now, 1).filter((text) => !known.has(text));
}
