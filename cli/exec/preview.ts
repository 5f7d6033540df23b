import { exec } from './exec.ts';
export const previewRun = exec;
