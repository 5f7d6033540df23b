import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { findProgram } from '../../process/find-program.ts';

const targets: Record<string, [triple: string, packageName: string]> = {
  'linux-x64': ['x86_64-unknown-linux-musl', '@openai/codex-linux-x64'],
  'linux-arm64': ['aarch64-unknown-linux-musl', '@openai/codex-linux-arm64'],
  'darwin-x64': ['x86_64-apple-darwin', '@openai/codex-darwin-x64'],
  'darwin-arm64': ['aarch64-apple-darwin', '@openai/codex-darwin-arm64'],
};

/**
 * The program to spawn for a name or path of the CLI. The npm package installs a Node shim (about 60 ms and one more
 * process); when the platform's own binary lies next to it, that one is taken.
 */
export function codexBinary(bin: string, env: NodeJS.ProcessEnv): string {
  const shim = findProgram(bin, env);
  const target = targets[`${process.platform}-${process.arch}`];
  if (!shim || !target || !shim.endsWith('codex.js')) return bin;
  const [triple, packageName] = target;
  const packageRoot = dirname(dirname(shim));
  const roots = [join(packageRoot, 'vendor')];
  try {
    roots.unshift(join(dirname(createRequire(shim).resolve(`${packageName}/package.json`)), 'vendor'));
  } catch {
    // installed without the optional package
  }
  return roots.map((root) => join(root, triple, 'bin', 'codex')).find((path) => existsSync(path)) ?? bin;
}
