import { mkdir, open, stat, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { debugPoint } from '../../system/debug-point.ts';

/**
 * A file that grows, and is cut back only on purpose. Texts given in one tick are written together, in order, without blocking the caller. When a write fails
 * (a full disk), what it left behind is cut off again and the text is kept for the next try: nothing is lost and nothing is doubled.
 */
export class AppendFile {
  /** Texts to append, and lengths to cut the file back to, in order. */
  private queue: (Buffer | number)[] = [];
  private writing: Promise<void> | undefined;
  private handle: FileHandle | undefined;
  private failed: unknown;

  /**
   * @param path created with its folder when the first text is written
   * @param bytes length of the file's sound part; what lies behind it is cut off before a write is tried again
   * @param onResult told after each write how it went
   */
  constructor(
    readonly path: string,
    private bytes: number,
    private readonly onResult: (error?: unknown) => void,
  ) {}

  add(text: string): void {
    this.queue.push(Buffer.from(text, 'utf8'));
    this.writing ??= this.drain();
  }

  /** Cuts the file back to a length that it had, after what was added before. */
  cutTo(bytes: number): void {
    this.queue.push(bytes);
    this.writing ??= this.drain();
  }

  /** Resolves when everything added so far is in the file; rejects with the reason when it cannot be written. */
  async flush(sync = false): Promise<void> {
    if (this.queue.length > 0) this.writing ??= this.drain();
    while (this.writing) await this.writing;
    if (this.queue.length > 0) throw this.failed;
    if (sync) await this.handle?.sync();
  }

  /** Whether the path still leads to the file that this one has written: nobody deleted it, put another in its place, or cut it. */
  async isInPlace(): Promise<boolean> {
    while (this.writing) await this.writing;
    const [own, there] = await Promise.all([this.handle?.stat(), stat(this.path).catch(() => undefined)]);
    if (!there) return this.bytes === 0 && !own;
    return there.size >= this.bytes && (!own || (own.ino === there.ino && own.dev === there.dev));
  }

  /** Tries again to write what an earlier failure left in the queue. */
  retry(): void {
    if (this.queue.length > 0) this.writing ??= this.drain();
  }

  async close(): Promise<void> {
    const handle = this.handle;
    this.handle = undefined;
    await handle?.close();
  }

  private async drain(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    try {
      while (this.queue.length > 0) await this.writeBatch();
      this.failed = undefined;
      this.onResult();
    } catch (error) {
      this.failed = error;
      this.onResult(error);
    } finally {
      this.writing = undefined;
    }
  }

  private async writeBatch(): Promise<void> {
    // A file that was never made stays away.
    if (this.queue[0] === 0 && this.bytes === 0 && !this.handle) return void this.queue.shift();
    if (!this.handle) {
      await mkdir(dirname(this.path), { recursive: true });
      this.handle = await open(this.path, 'a');
    }
    const cut = this.queue[0];
    if (typeof cut === 'number') {
      await this.handle.truncate(cut);
      this.bytes = cut;
      this.queue.shift();
      return;
    }
    const next = this.queue.findIndex((item) => typeof item === 'number');
    const texts = this.queue.slice(0, next === -1 ? undefined : next) as Buffer[];
    debugPoint('before-journal-append');
    const batch = texts.length === 1 ? texts[0]! : Buffer.concat(texts);
    try {
      for (let offset = 0; offset < batch.length;) offset += (await this.handle.write(batch, offset)).bytesWritten;
    } catch (error) {
      // A fresh handle for the next try: what is wrong may be the handle (a share that came back).
      await this.handle.truncate(this.bytes).catch(() => undefined);
      await this.close().catch(() => undefined);
      throw error;
    }
    this.bytes += batch.length;
    this.queue.splice(0, texts.length);
    debugPoint('after-journal-append');
  }
}
