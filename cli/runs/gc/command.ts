import { printJson, printText } from '../../print.ts';
import { sizeText } from '../remove/folder-bytes.ts';
import { openServer } from '../remove/server-copy.ts';
import { findBlobs } from './blob-leftovers.ts';
import type { Kept, Leftover } from './leftover.ts';
import { findInRuns } from './run-leftovers.ts';
import { findTrees } from './tree-leftovers.ts';

export interface GcFlags {
  path: string;
  dryRun?: boolean;
  /** Hours. */
  minAge: number;
  goneProjects?: boolean;
  json?: boolean;
}

/** What `odw runs gc` found, and whether it is removed. */
export interface GcReport {
  dry_run: boolean;
  leftovers: Leftover[];
  bytes: number;
  /** What was left alone although it looks like a leftover. */
  kept: Kept[];
  /** Leftovers that could not be removed. */
  failed: { path: string; message: string }[];
  notes: string[];
}

/**
 * `odw runs gc`: removes what no run needs: of the project, and blobs of the whole ODW_HOME. A dry run finds the same and changes nothing.
 *
 * @returns the exit code: 1 when something could not be removed
 */
export async function collectGarbage(flags: GcFlags): Promise<number> {
  const report = await collect(flags);
  if (flags.json) printJson(JSON.stringify(report));
  else printText(`${reportText(report)}\n`);
  return report.failed.length === 0 ? 0 : 1;
}

async function collect(flags: GcFlags): Promise<GcReport> {
  const notes: string[] = [];
  const minAgeMs = flags.minAge * 3_600_000;
  const server = await openServer().catch((error: unknown) => void notes.push(`${(error as Error).message}; blobs of removed runs are kept`));
  try {
    const found = [
      findInRuns(flags.path, minAgeMs),
      await findTrees(flags.path),
      await findBlobs(server ?? undefined, minAgeMs, flags.goneProjects ?? false),
    ] as const;
    const all = found.flatMap((part) => part.leftovers);
    const failed: GcReport['failed'] = [];
    const attempt = async (path: string, act: () => unknown) => {
      try {
        await act();
      } catch (error) {
        failed.push({ path, message: (error as Error).message });
      }
    };
    if (!flags.dryRun) {
      for (const one of all) await attempt(one.path, one.remove);
      await attempt('blobs', found[2].removeAll);
    }
    return {
      dry_run: flags.dryRun ?? false,
      leftovers: all.map(({ kind, path, bytes, why }) => ({ kind, path, bytes, why })),
      bytes: all.reduce((sum, one) => sum + one.bytes, 0),
      kept: found.flatMap((part) => part.kept),
      failed,
      notes,
    };
  } finally {
    await server?.close();
  }
}

function reportText({ dry_run, leftovers, bytes, kept, failed, notes }: GcReport): string {
  const count = `${leftovers.length} ${leftovers.length === 1 ? 'leftover' : 'leftovers'}`;
  return [
    ...leftovers.map((one) => `${sizeText(one.bytes).padStart(9)}  ${one.kind.padEnd(11)}  ${one.path}  (${one.why})`),
    ...kept.map((one) => `     kept  ${one.path}: ${one.why}`),
    ...failed.map((one) => `   failed  ${one.path}: ${one.message}`),
    ...notes.map((note) => `note: ${note}`),
    dry_run ? `${count}, ${sizeText(bytes)}; nothing was removed` : `removed ${count}, ${sizeText(bytes)}`,
  ].join('\n');
}
