import { spawn } from 'node:child_process';

/** Opens a file in the user's browser, without waiting for it. A missing opener is no error. */
export function openReport(path: string): void {
  const child = spawn(process.platform === 'darwin' ? 'open' : 'xdg-open', [path], { detached: true, stdio: 'ignore' });
  child.on('error', () => {});
  child.unref();
}
