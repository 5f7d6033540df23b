import type { NativeConnectionOptions } from '@temporalio/worker';

/** A Temporal server that odw can use: where it is and how to connect. */
export interface Engine {
  /** `host:port` of the gRPC frontend. */
  address: string;
  namespace: string;
  /** Address of the Web UI; null when unknown (external clusters). */
  uiUrl: string | null;
  /** True for the dev server that odw starts and stops itself. */
  managed: boolean;
  /** Ready to be passed to `NativeConnection.connect`. */
  connection: NativeConnectionOptions;
  /** Whether the Odw* search attributes exist there with the right types; when false they must not be sent. */
  searchAttributes: boolean;
  /** A lasting shortcoming worth one line to the user; absent when there is none. */
  warning?: string;
}

/** One step of getting an engine ready; `done` and `total` count packages, modules or bytes of the phase. */
export interface Progress {
  phase: 'wait' | 'find' | 'download' | 'modules' | 'build' | 'start' | 'setup';
  message: string;
  done?: number;
  total?: number;
}

export interface EngineOptions {
  /** Environment to read; default `process.env`. */
  env?: NodeJS.ProcessEnv;
  /** Called on every step that a waiting person should know of; silent on a warm start. */
  onProgress?: (progress: Progress) => void;
}
