import type { Progress } from '../temporal/engine/index.ts';

/** The part of a terminal stream that the printer needs. */
export interface ProgressStream {
  isTTY?: boolean;
  columns?: number;
  write(text: string): unknown;
}

export interface ProgressPrinter {
  onProgress: (progress: Progress) => void;
  /** Clears the bar and stops its clock. Call it in any case, also after an error. */
  end: () => void;
}

const redrawMs = 250;
const lineEveryMs = 5_000;

/**
 * Shows how the engine gets ready: on a terminal one line that is redrawn, with a bar, counts and elapsed time;
 * elsewhere a plain line per step and one every five seconds while a step lasts.
 */
export function printEngineProgress(stream: ProgressStream = process.stderr, now: () => number = Date.now): ProgressPrinter {
  const begun = now();
  let current: Progress | undefined;
  let lastLine = 0;
  let drawn = false;
  const clear = () => {
    if (drawn) stream.write('\r\u001b[2K');
    drawn = false;
  };
  const draw = () => {
    if (!current) return;
    clear();
    // A terminal that was never told its size says 0.
    stream.write(barLine(current, now() - begun, stream.columns || 80));
    drawn = true;
  };
  const print = () => {
    if (!current) return;
    lastLine = now();
    stream.write(`odw: ${plainLine(current, lastLine - begun)}\n`);
  };
  const timer = setInterval(() => (stream.isTTY ? draw() : now() - lastLine >= lineEveryMs && print()), stream.isTTY ? redrawMs : 1_000);
  timer.unref();
  return {
    onProgress(progress) {
      const sameStep = current?.phase === progress.phase && current.message === progress.message;
      current = progress;
      if (stream.isTTY) {
        if (!sameStep) draw();
      } else if (!sameStep || now() - lastLine >= lineEveryMs) print();
    },
    end() {
      clearInterval(timer);
      clear();
      current = undefined;
    },
  };
}

/** One redrawn line, cut to the terminal's width: `message [####----] 312/1543 1m05s`. */
export function barLine(progress: Progress, elapsedMs: number, columns: number): string {
  const end = ` ${[counts(progress), elapsed(elapsedMs)].filter(Boolean).join(' ')}`;
  const width = 20;
  const filled = progress.total ? Math.min(width, Math.floor(((progress.done ?? 0) / progress.total) * width)) : 0;
  const bar = progress.total ? ` [${'#'.repeat(filled)}${'-'.repeat(width - filled)}]` : '';
  const room = Math.max(8, columns - 1 - bar.length - end.length);
  const message = [...progress.message];
  return `${message.length > room ? `${message.slice(0, room - 1).join('')}…` : progress.message}${bar}${end}`;
}

function plainLine(progress: Progress, elapsedMs: number): string {
  const facts = [counts(progress), elapsedMs >= 1000 ? elapsed(elapsedMs) : ''].filter(Boolean).join(', ');
  return facts ? `${progress.message} (${facts})` : progress.message;
}

function counts(progress: Progress): string {
  if (progress.done === undefined) return '';
  if (progress.phase === 'download') return `${megabytes(progress.done)}${progress.total ? `/${megabytes(progress.total)}` : ''} MB`;
  const unit = progress.phase === 'build' ? ' packages' : progress.phase === 'modules' ? ' modules' : '';
  return `${progress.done}${progress.total ? `/${progress.total}` : ''}${unit}`;
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

function elapsed(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${String(seconds % 60).padStart(2, '0')}s`;
}
