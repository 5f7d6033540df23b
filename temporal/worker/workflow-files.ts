import { existsSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';

const extensions = ['.js', '.mjs', '.ts', '.mts'];

/** Where a workflow reference leads (SUB-01): a path, or a name in the project's, then the personal workflow folder. */
export function findWorkflowFile(root: string, ref: string): { path: string | undefined; looked: string[] } {
  const looksLikePath = ref.includes('/') || ref.startsWith('.') || extensions.some((extension) => ref.endsWith(extension));
  const candidates = looksLikePath
    ? [isAbsolute(ref) ? ref : resolve(root, ref)]
    : [join(root, '.claude', 'workflows'), personalFolder()].flatMap((folder) =>
        [ref, `odw-${ref}`].flatMap((name) => extensions.map((extension) => join(folder, name + extension))),
      );
  return { path: candidates.find((path) => existsSync(path) && statSync(path).isFile()), looked: candidates };
}

function personalFolder(): string {
  return join(process.env['CLAUDE_CONFIG_DIR'] || join(homedir(), '.claude'), 'workflows');
}
