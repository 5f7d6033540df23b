import { ensureEngine, type Engine } from '../engine/index.ts';
import { ServerMoved } from './server-moved.ts';

export interface Reviver {
  /** The server did not answer, or is gone. */
  lost: () => void;
  /** The server answered. */
  answered: () => void;
  /** Another process serves in its place. */
  replaced: () => void;
}

/**
 * Brings a lost server back: our own dev server is started again on its old port, any other is waited for. Says so once each time.
 *
 * @param onMoved told when it came back elsewhere: something else has its port by now. What is connected to the old place never meets it again.
 */
export function reviveServer(engine: Engine, onNotice: (line: string) => void, onMoved: (error: ServerMoved) => void): Reviver {
  let away = false;
  let reviving: Promise<unknown> | undefined;
  const revive = () => {
    if (!engine.managed || reviving) return;
    reviving = ensureEngine()
      .then(({ address }) => address === engine.address || onMoved(new ServerMoved(engine.address, address)))
      .catch((error: unknown) => onNotice((error as Error).message))
      .finally(() => (reviving = undefined));
  };
  return {
    lost() {
      if (!away) onNotice(`lost the Temporal server at ${engine.address}; the run goes on when it is back`);
      away = true;
      revive();
    },
    answered() {
      if (away) onNotice('the Temporal server is back');
      away = false;
    },
    replaced: revive,
  };
}
