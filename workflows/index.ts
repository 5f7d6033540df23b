// The default export serves every Workflow Type, so each run carries its script's own name in the Web UI.
export { runWorkflow as default } from './run.ts';
