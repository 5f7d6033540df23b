import { ensureEngine, type Engine } from '../engine/index.ts';

export interface Reviver {
  /** The server did not answer. */
  lost: () => void;
  /** The server answered. */
  answered: () => void;
}

/** Brings a lost server back: our own dev server is started again on its old port, any other is waited for. Says so once each time. */
export function reviveServer(engine: Engine, onNotice: (line: string) => void): Reviver {
  let away = false;
  let reviving: Promise<unknown> | undefined;
  return {
    lost() {
      if (!away) onNotice(`lost the Temporal server at ${engine.address}; the run goes on when it is back`);
      away = true;
      if (!engine.managed || reviving) return;
      reviving = ensureEngine()
        .catch((error: unknown) => onNotice((error as Error).message))
        .finally(() => (reviving = undefined));
    },
    answered() {
      if (away) onNotice('the Temporal server is back');
      away = false;
    },
  };
}
