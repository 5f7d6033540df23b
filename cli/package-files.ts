import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { OdwError } from '../src/errors/error.ts';

/**
 * The text of a file that is shipped with odw, by its path in the package: `docs/scripts.md`. Looks upward, since built files lie at different depths.
 *
 * @throws OdwError `package-incomplete` when the file is not there
 */
export function readPackageFile(path: string): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    // Only the package's own top has this file; a folder of the same name further up is somebody else's.
    if (existsSync(join(folder, 'types', 'odw.d.ts')) && existsSync(join(folder, path))) return readFileSync(join(folder, path), 'utf8');
    if (folder === dirname(folder)) throw new OdwError('package-incomplete', `${path} is missing; expected it in the package of the odw command`);
  }
}
