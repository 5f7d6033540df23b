import type { Plugin } from 'esbuild';

export const nativeBridge: string;
export const temporalSdk: Plugin;
export function buildWorkflowThread(outfile: string): Promise<void>;
