import type { Writable } from 'node:stream';
import type { AnyMessage, Stream } from '@agentclientprotocol/sdk/unstable';

const mostGarbage = 5;

export interface JsonLines {
  stream: Stream;
  /** A line of the agent's stdout; undefined for one that was too long to keep. */
  push(line: string | undefined): void;
  /** Nothing more will come: all open requests fail. */
  end(): void;
}

/**
 * The messages of an agent, one JSON object per line. What is no message of the protocol is reported and left out, for
 * some agents print a greeting first; after five such lines they are no longer reported.
 *
 * @param onMessage gets each message before it is handled
 */
export function jsonLines(
  stdin: Promise<Writable>,
  onMessage: (line: string, message: Record<string, unknown>) => void,
  onGarbage: (what: string) => void,
): JsonLines {
  let controller!: ReadableStreamDefaultController<AnyMessage>;
  let garbage = 0;
  let isOpen = true;
  const close = () => {
    if (isOpen) controller.close();
    isOpen = false;
  };
  const readable = new ReadableStream<AnyMessage>({
    start: (own) => void (controller = own),
    cancel: () => void (isOpen = false),
  });
  const writable = new WritableStream<AnyMessage>({
    // A pipe that broke is no reason to fail here: the agent is gone, and its end tells why.
    write: async (message) => {
      const pipe = await stdin;
      await new Promise<void>((resolve) => pipe.write(`${JSON.stringify(message)}\n`, () => resolve()));
    },
  });
  return {
    stream: { readable, writable },
    push: (line) => {
      if (!isOpen || line?.trim() === '') return;
      const message = line === undefined ? undefined : parsed(line);
      if (message) {
        onMessage(line!, message);
        controller.enqueue(message as AnyMessage);
      } else if (++garbage <= mostGarbage) {
        onGarbage(line === undefined ? 'a line that was too long to read' : `a line that is no message: ${line.slice(0, 200)}`);
      }
    },
    end: close,
  };
}

function parsed(line: string): Record<string, unknown> | undefined {
  try {
    const value = JSON.parse(line) as Record<string, unknown> | null;
    return typeof value === 'object' && value?.['jsonrpc'] === '2.0' && (typeof value['method'] === 'string' || 'id' in value) ? value : undefined;
  } catch {
    return undefined;
  }
}
