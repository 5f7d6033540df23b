import { parseObject } from '../../src/executor-report/parse-stdout.ts';
import { at, firstText } from '../../src/executor-report/json-object.ts';
import { usageTotal } from '../../src/executor-report/tokens.ts';
import { throttledUntil } from '../../src/policy/throttle.ts';
import type { NodeFiles, StepFiles } from '../executor/node-files.ts';
import type { NodeEvidence } from './host.ts';
import { fileSize, readRange } from './read-file.ts';

const MAX_READ = 256 * 1024;
// Events that come of the vendor's answers (docs/spec/pandacode.md PC-EV-02); the others come of the executor itself, or of refusals.
const answers = new Set(['model.completed', 'model.tool_calls_received', 'message', 'tool.started', 'tool.finished', 'file.changed']);

/** Reads, again and again, what an executor's files show of its progress (LIVE-01). Cheap while nothing changes. */
export class EvidenceReader {
  readonly #events: string;
  readonly #step: StepFiles;
  readonly #stallAfterMs: number;
  #offset: number;
  #grewAt = performance.now();
  #sizes = '';
  #last: { lastEvent?: string; lastTool?: string; tokens?: number; answered?: true; throttledUntilMs?: number } = {};

  constructor(files: Pick<NodeFiles, 'events'>, step: StepFiles, stallAfterMs: number) {
    this.#events = files.events;
    this.#step = step;
    this.#stallAfterMs = stallAfterMs;
    this.#offset = Math.max(0, fileSize(files.events) - MAX_READ);
  }

  read(): Omit<NodeEvidence, 'state'> {
    const outBytes = fileSize(this.#step.out);
    const errBytes = fileSize(this.#step.err);
    const eventsBytes = fileSize(this.#events);
    const sizes = `${outBytes} ${errBytes} ${eventsBytes}`;
    if (sizes !== this.#sizes) {
      this.#sizes = sizes;
      this.#grewAt = performance.now();
      if (eventsBytes > this.#offset) this.#readEvents(eventsBytes);
    }
    const idleMs = Math.round(performance.now() - this.#grewAt);
    return { outBytes, errBytes, eventsBytes, ...this.#last, idleMs, stale: idleMs >= this.#stallAfterMs };
  }

  #readEvents(size: number): void {
    if (size - this.#offset > MAX_READ) this.#offset = size - MAX_READ;
    const { text } = readRange(this.#events, this.#offset, MAX_READ);
    const end = text.lastIndexOf('\n') + 1;
    this.#offset += Buffer.byteLength(text.slice(0, end));
    for (const line of text.slice(0, end).split('\n')) {
      const event = parseObject(line.trim());
      if (!event) continue;
      const type = firstText(at(event, 'type'));
      if (type) this.#last.lastEvent = type.slice(0, 100);
      if (type && answers.has(type)) this.#last.answered = true;
      const throttled = throttledUntil(event, Date.now());
      if (throttled !== undefined) this.#last.throttledUntilMs = throttled;
      const tool = firstText(at(event, 'data', 'tool'), at(event, 'data', 'name'));
      if (tool && type?.startsWith('tool.')) this.#last.lastTool = tool.slice(0, 100);
      const tokens = usageTotal(at(event, 'data', 'usage'));
      if (tokens !== null) this.#last.tokens = tokens;
    }
  }
}
