import { readdirSync, readFileSync, statSync, type Dirent, type Stats } from 'node:fs';
import { join } from 'node:path';
import { isProtectedName } from './protected-paths.ts';

const secretName = /KEY|TOKEN|SECRET|PASSW|CREDENTIAL|PRIVATE/i;
/** Shorter values occur in ordinary text. */
const shortest = 8;
const mostValues = 500;
const mostFolders = 500;
const deepest = 6;
const largestFile = 64 * 1024;
const passedOver = new Set(['.git', 'node_modules', 'target', 'dist', 'build', '.next', '.venv', '.pandacode', '.bamboo']);

/**
 * What must not reach a model: the run's own key, values of variables that sound secret, and what protected files of the
 * workspace hold. The command check sees words alone; this sees what came out. No wall: encoded, a value goes through.
 */
export class Secrets {
  private readonly values: string[];
  private readonly files: ReadonlySet<string>;

  private constructor(values: Iterable<string>, files: ReadonlySet<string>) {
    // Longer ones first: a value may hold another.
    this.values = [...new Set(values)].filter((value) => value.length >= shortest).sort((a, b) => b.length - a.length);
    this.files = files;
  }

  /** Gathers them at the start of a run. */
  static gather(workspace: string, env: NodeJS.ProcessEnv, key: string | undefined): Secrets {
    const values = Object.entries(env).flatMap(([name, value]) =>
      value && value.length >= 12 && secretName.test(name) && !/[\s/]/.test(value) ? [value] : [],
    );
    const files = new Set<string>();
    for (const path of protectedFiles(workspace)) {
      try {
        const stat = statSync(path);
        if (!stat.isFile()) continue;
        files.add(nameOf(stat));
        if (stat.size <= largestFile) values.push(...secretsIn(readFileSync(path, 'utf8')));
      } catch {
        // gone, or not ours to read
      }
    }
    return new Secrets([...(key ? [key] : []), ...values].slice(0, mostValues), files);
  }

  /** A text with every secret replaced by `***`. */
  hide(text: string): string {
    return this.values.reduce((rest, value) => (rest.includes(value) ? rest.replaceAll(value, '***') : rest), text);
  }

  /** Whether a file is a protected one under another name (a hard link). */
  isProtectedFile(stat: Stats): boolean {
    return stat.nlink > 1 && this.files.has(nameOf(stat));
  }
}

function nameOf({ dev, ino }: Stats): string {
  return `${dev}:${ino}`;
}

function protectedFiles(workspace: string): string[] {
  const found: string[] = [];
  const queue: [folder: string, depth: number][] = [[workspace, 1]];
  for (let looked = 0; looked < mostFolders && queue.length > 0; looked++) {
    const [folder, depth] = queue.shift()!;
    let entries: Dirent[];
    try {
      entries = readdirSync(folder, { withFileTypes: true });
    } catch {
      continue;
    }
    for (const entry of entries) {
      if (entry.isDirectory()) {
        if (depth < deepest && !passedOver.has(entry.name)) queue.push([join(folder, entry.name), depth + 1]);
      } else if (isProtectedName(entry.name)) found.push(join(folder, entry.name));
    }
  }
  return found;
}

/** Values of secret-sounding settings, passwords in addresses, and the lines of private keys. */
function secretsIn(text: string): string[] {
  if (text.includes('PRIVATE KEY-----')) return text.split(/\r?\n/).filter((line) => line.length >= 32 && !line.startsWith('-----'));
  return text.split(/\r?\n/).flatMap((line) => {
    const [, name, rest] = /^\s*(?:export\s+)?([A-Za-z_][\w.-]*)\s*[=:]\s*(.*?)\s*$/.exec(line) ?? [];
    if (name === undefined) return [];
    const value = /^(["'`])(.*?)\1(?:\s+#.*)?$/.exec(rest!)?.[2] ?? rest!.replace(/\s+#.*$/, '');
    const password = /:\/\/[^:@/\s]*:([^@/\s]+)@/.exec(value)?.[1];
    return [...(secretName.test(name) ? [value] : []), ...(password ? [password] : [])];
  });
}
