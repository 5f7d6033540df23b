/**
 * Paths as git prints them with `-z`: bytes, since a file name need not be UTF-8. One character stands for one byte (latin1), so that
 * nothing is lost on the way back into git.
 */
export type GitPath = string;

/** Splits NUL-separated output. */
export function splitPaths(output: Buffer): GitPath[] {
  const paths = output.toString('latin1').split('\0');
  if (paths.at(-1) === '') paths.pop();
  return paths;
}

/** The bytes to hand back to git on stdin, NUL-separated. */
export function joinPaths(paths: Iterable<GitPath>): Buffer {
  return Buffer.from([...paths].map((path) => `${path}\0`).join(''), 'latin1');
}

/** The path as text; bytes that are no UTF-8 become U+FFFD. */
export function pathText(path: GitPath): string {
  return Buffer.from(path, 'latin1').toString('utf8');
}

/** The path of a file in a folder, for calls of the file system. */
export function pathIn(folder: string, path: GitPath): Buffer {
  return Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(path, 'latin1')]);
}
