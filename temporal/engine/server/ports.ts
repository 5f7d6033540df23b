import { connect, createServer } from 'node:net';
import { loopback } from './settings.ts';

/** Whether this loopback port can be listened on right now. */
export function portIsFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: loopback, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** The first free port among the wished ones, else one the system picks. Never one of `taken`. */
export async function choosePort(wished: readonly number[], taken: readonly number[] = []): Promise<number> {
  for (const port of wished) if (port > 0 && port < 65536 && !taken.includes(port) && (await portIsFree(port))) return port;
  for (;;) {
    const port = await anyPort();
    if (!taken.includes(port)) return port;
  }
}

/** Whether something accepts connections on the loopback port within the time. */
export function portAnswers(port: number, timeoutMs = 1000): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: loopback });
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(timeoutMs, () => end(false));
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
  });
}

function anyPort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ port: 0, host: loopback }, () => {
      const address = server.address();
      server.close(() => (address && typeof address === 'object' ? resolve(address.port) : reject(new Error('the system gave no port'))));
    });
  });
}
