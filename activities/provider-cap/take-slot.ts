import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { isRefused, mayStart, queued, released, taken, throttled, type ProviderCaps, type SlotEnd } from '../../src/policy/slots.ts';
import { ownerIsAlive, thisProcess } from '../../system/lock-file.ts';
import { inspectNode } from '../executor/inspect.ts';
import { nodeFilesIn } from '../executor/node-files.ts';
import { readSteps, stepDir } from '../run-node/steps.ts';
import { accountOf } from './account.ts';
import { readCaps } from './caps-file.ts';
import { changeSlots, readSlots, slotFile, type MachineEntry, type MachineSlots } from './slot-file.ts';

export interface SlotRequest {
  /** ODW_HOME. */
  home: string;
  provider: string;
  /** The executor's environment: it decides the account. */
  env: NodeJS.ProcessEnv;
  /** Names the dispatch on this machine, the same for every host that takes it up. */
  id: string;
  run: string;
  /** Its run's priority now: 1 (first) to 5. Asked each time, for it may change while the dispatch waits. */
  priority?: (() => number | undefined) | undefined;
  /** The node's folder. */
  dir: string;
  /** Its run sends it to see whether the provider serves again: what other dispatches were told does not hold it back. */
  trial?: boolean;
  /** It runs already: it is counted, and never made to wait. */
  running: boolean;
  signal: AbortSignal;
}

export interface Slot {
  account: string;
  /** False: the provider was used up while it waited; nothing is to be started. */
  granted: boolean;
  /** What is wrong with the user's file. */
  problem?: string;
  /** The provider told its executor to wait until then, epoch milliseconds; it waits by itself. Others learn of it. */
  throttled(untilMs: number): Promise<void>;
  release(end: SlotEnd): Promise<void>;
}

const pollMs = 200;
// What a person sets holds for those that wait, but is not read at each look.
const lookMs = 1000;
const signMs = 5000;
const silentMs = 30_000;

/**
 * Waits until a dispatch may use its provider, under the limits that all runs of this machine share (RATE-01, RATE-02).
 * State that cannot be read or written never holds a node up: then it goes on without a slot.
 *
 * @returns undefined when `signal` was aborted first
 */
export async function takeSlot(request: SlotRequest): Promise<Slot | undefined> {
  const { home, provider, env, signal } = request;
  const account = accountOf(provider, env);
  const path = slotFile(home, provider);
  const base: MachineEntry = { id: request.id, run: request.run, account, sinceMs: Date.now(), seenMs: 0, owner: thisProcess(), dir: request.dir };
  if (request.trial) base.trial = true;
  let entry = base;
  let told = { caps: {} as ProviderCaps, problem: undefined as string | undefined, ms: -Infinity };
  const lookUp = (now: number) => {
    if (now - told.ms < lookMs) return;
    const { caps, problem } = readCaps(home, provider);
    told = { caps, problem, ms: now };
    entry = withPriority(base, request);
  };
  const slot = (granted: boolean): Slot => ({
    account,
    granted,
    ...(told.problem === undefined ? {} : { problem: told.problem }),
    throttled: (untilMs) => change(path, (slots, now) => throttled(slots, entry.id, Math.max(0, untilMs - now), now)),
    release: (end) => leave(path, entry.id, end),
  });
  const enter = (slots: MachineSlots): [MachineSlots, 'taken' | 'refused' | 'waits'] => {
    const now = Date.now();
    const { caps } = told;
    const go = () => taken(slots, { ...entry, seenMs: now }, caps, now);
    if (request.running) return [go(), 'taken'];
    if (isRefused(slots, entry)) return [released(slots, entry.id, { kind: 'other' }, now), 'refused'];
    if (mayStart(slots, entry, caps, now)) return [go(), 'taken'];
    slots = alive(slots, now);
    return mayStart(slots, entry, caps, now) ? [go(), 'taken'] : [queued(slots, { ...entry, seenMs: now }), 'waits'];
  };
  try {
    for (let signed = 0; ;) {
      const now = Date.now();
      lookUp(now);
      const slots = signed === 0 ? undefined : readSlots(path);
      // Most looks only read: whoever waits writes when its turn may have come, and now and then as a sign of life.
      if (!slots || now - signed > signMs || isRefused(slots, entry) || mayStart(slots, entry, told.caps, now)) {
        const state = await changeSlots(path, enter);
        if (state !== 'waits') return slot(state === 'taken');
        signed = now;
      }
      await sleep(pollMs + Math.random() * 50, undefined, { signal }).catch(() => undefined);
      if (!signal.aborted) continue;
      await leave(path, entry.id, { kind: 'other' });
      return undefined;
    }
  } catch {
    return signal.aborted ? undefined : slot(true);
  }
}

function withPriority(entry: MachineEntry, { priority }: SlotRequest): MachineEntry {
  const now = priority?.();
  return now === undefined ? entry : { ...entry, priority: now };
}

async function leave(path: string, id: string, end: SlotEnd): Promise<void> {
  await change(path, (slots, now) => released(slots, id, end, now));
}

async function change(path: string, to: (slots: MachineSlots, nowMs: number) => MachineSlots): Promise<void> {
  try {
    await changeSlots(path, (slots) => [to(slots, Date.now()), undefined]);
  } catch {
    // Whoever needs the slot finds that its process is gone.
  }
}

/** The slots without those that ended and those of dead processes; an executor that outlives its host keeps its slot. */
function alive(slots: MachineSlots, nowMs: number): MachineSlots {
  return {
    ...slots,
    holders: slots.holders.filter(({ owner, dir }) => !existsSync(nodeFilesIn(dir).outcome) && (ownerIsAlive(owner) || executorLives(dir))),
    waiting: slots.waiting.filter(({ owner, seenMs }) => nowMs - seenMs < silentMs && ownerIsAlive(owner)),
  };
}

function executorLives(dir: string): boolean {
  const step = readSteps(dir).at(-1);
  const status = step && inspectNode(stepDir(dir, step.number));
  return typeof status === 'object' && 'running' in status;
}
