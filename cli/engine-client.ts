import type { Client } from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import type { NativeConnection } from '@temporalio/worker';
import { blobDataConverter } from '../temporal/blobs/data-converter.ts';
import { connectEngine } from '../temporal/connect.ts';
import { ensureEngine, type Engine } from '../temporal/engine/index.ts';
import { printEngineProgress } from './engine-progress.ts';

export interface EngineClient {
  engine: Engine;
  connection: NativeConnection;
  client: Client;
  dataConverter: DataConverter;
}

/** Connects a command to the engine, which is started when it does not run; says on stderr what takes time. */
export async function engineClient(): Promise<EngineClient> {
  const printer = printEngineProgress();
  try {
    const engine = await ensureEngine({ onProgress: printer.onProgress });
    const dataConverter = blobDataConverter();
    return { engine, dataConverter, ...(await connectEngine(engine, dataConverter)) };
  } finally {
    printer.end();
  }
}
