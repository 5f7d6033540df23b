export type { EngineBinary } from './binary/find.ts';
export type { Engine, EngineOptions, Progress } from './engine.ts';
export { ensureEngine, findEngine } from './ensure.ts';
export { searchAttributeTypes, type SearchAttributeName } from './search-attributes.ts';
export { installServer } from './server/install.ts';
export { serverLogs, type ServerLogs } from './server/logs.ts';
export { startServer, type StartedServer, type StartOptions } from './server/start.ts';
export { serverStatus, type ServerStatus } from './server/status.ts';
export { stopServer, type StopOutcome } from './server/stop.ts';
