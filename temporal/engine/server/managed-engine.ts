import type { Engine } from '../engine.ts';
import type { ServerRecord } from './record.ts';
import { loopback } from './settings.ts';

/** How to reach the managed server of a record. */
export function managedEngine(record: ServerRecord): Engine {
  const address = `${loopback}:${record.port}`;
  return {
    address,
    namespace: record.namespace,
    uiUrl: `http://${loopback}:${record.uiPort}`,
    managed: true,
    connection: { address },
    searchAttributes: record.searchAttributes,
    ...(record.warning ? { warning: record.warning } : {}),
  };
}
