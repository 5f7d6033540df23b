export type { Engine, EngineOptions, Progress } from './engine.ts';
export { ensureEngine, findEngine } from './ensure.ts';
export { searchAttributeTypes, type SearchAttributeName } from './search-attributes.ts';
