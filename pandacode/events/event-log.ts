import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { ensureDirectory } from '../state/layout.ts';
import { appendQuietly } from './append-quietly.ts';

/** What a parent wants to show of a live run; part of every event. */
export interface Progress {
  input_tokens: number | null;
  output_tokens: number | null;
  total_tokens: number | null;
  tool_calls: number;
  last_tool: string | null;
}

const capBytes = 50 * 1024 * 1024;
const counterEveryMs = 60_000;

/**
 * Normalised events of a run: one JSON line each, `seq` without gaps. Written to the session's own log and, when asked
 * for, to the parent's events file, which is capped: beyond 50 MB only a counter event a minute is written there.
 */
export class EventLog {
  readonly progress: Progress = { input_tokens: null, output_tokens: null, total_tokens: null, tool_calls: 0, last_tool: null };
  lastEvent: { type: string; ts_ms: number } | undefined;
  private seq = 0;
  private readonly runId: string;
  private readonly ownFile: string;
  private readonly parentFile: string | undefined;
  private readonly announce: (type: string) => void;
  private parentBytes = 0;
  private suppressed = 0;
  private lastCounterMs = 0;
  private readonly broken = new Set<string>();

  constructor(runId: string, ownFile: string, parentFile: string | undefined, announce: (type: string) => void) {
    this.runId = runId;
    this.ownFile = ownFile;
    this.parentFile = parentFile;
    this.announce = announce;
    ensureDirectory(dirname(ownFile));
    if (parentFile) this.openParent(parentFile);
  }

  emit(type: string, data: Record<string, unknown> = {}): void {
    const ts_ms = Date.now();
    this.lastEvent = { type, ts_ms };
    const event = { ts_ms, run_id: this.runId, seq: this.seq++, type, data, progress: { ...this.progress } };
    const line = `${JSON.stringify(event)}\n`;
    this.append(this.ownFile, line);
    if (this.parentFile) this.appendToParent(this.parentFile, line, event);
    if (type !== 'progress') this.announce(type);
  }

  private openParent(file: string): void {
    try {
      mkdirSync(dirname(file), { recursive: true });
      this.parentBytes = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
    } catch {
      this.broken.add(file);
    }
  }

  private appendToParent(file: string, line: string, event: { ts_ms: number; type: string }): void {
    if (this.parentBytes + line.length <= capBytes || event.type === 'run.finished') {
      this.parentBytes += Buffer.byteLength(line);
      this.append(file, line);
      return;
    }
    this.suppressed++;
    if (event.ts_ms - this.lastCounterMs < counterEveryMs) return;
    this.lastCounterMs = event.ts_ms;
    this.append(file, `${JSON.stringify({ ...event, type: 'progress', data: { suppressed_events: this.suppressed }, progress: { ...this.progress } })}\n`);
  }

  private append(file: string, line: string): void {
    if (!this.broken.has(file) && !appendQuietly(file, line)) this.broken.add(file);
  }
}
