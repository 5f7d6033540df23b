import { existsSync, readFileSync, renameSync } from 'node:fs';
import { OdwError } from '../../../src/errors/error.ts';
import { writeFileAtomic } from '../../../system/files.ts';
import { sameLine, type CliVersion } from '../binary/version.ts';
import type { EngineLayout } from '../layout.ts';

/** `server/database.json`: who made the database beside it, and what was set up in it. */
export interface DatabaseInfo {
  version: 1;
  cliVersion: string;
  serverVersion: string;
  /** Whether a server ever answered on this database. Until then it holds nothing of value. */
  served: boolean;
  /** Version of the namespace set-up that was completed; 0 for none. */
  setup: number;
  /** Ports of the last launch: kept, so that hosts still connected find a restarted server again. */
  port: number;
  uiPort: number;
}

export function readDatabaseInfo(path: string): DatabaseInfo | undefined {
  try {
    const value = JSON.parse(readFileSync(path, 'utf8')) as Partial<DatabaseInfo>;
    return value.version === 1 && typeof value.serverVersion === 'string' ? (value as DatabaseInfo) : undefined;
  } catch {
    return undefined;
  }
}

export function writeDatabaseInfo(path: string, info: DatabaseInfo): void {
  writeFileAtomic(path, `${JSON.stringify(info, null, 2)}\n`, { sync: true });
}

/** Whether a server of this version may open the present database: none there, or made by the same release line. */
export function databaseAccepts(info: DatabaseInfo | undefined, version: CliVersion): boolean {
  return !info?.served || sameLine(info.serverVersion, version.server);
}

/**
 * Refuses a database of another server line: nothing migrates its tables, and opening it may spoil it.
 *
 * @throws OdwError `engine-database-version`
 */
export function checkDatabase(layout: EngineLayout, info: DatabaseInfo | undefined, binary: string, version: CliVersion): void {
  if (!existsSync(layout.database) || databaseAccepts(info, version)) return;
  throw new OdwError(
    'engine-database-version',
    `the engine database ${layout.database} was made by Temporal server ${info?.serverVersion} (CLI ${info?.cliVersion}), but ${binary} is server ${version.server} (CLI ${version.cli}), which cannot read it safely`,
    {
      fields: { database: layout.database, madeBy: info?.serverVersion, offered: version.server, binary },
      next: `Set ODW_TEMPORAL_BIN to a Temporal CLI with server ${info?.serverVersion}, or move ${layout.folder} away to begin a new database (the runs in it stay there).`,
    },
  );
}

/**
 * A first launch that died half way leaves tables missing, and the server never completes them. Such a database never served,
 * so it holds nothing: it is set aside under another name.
 */
export function setAsideUnserved(layout: EngineLayout, info: DatabaseInfo | undefined): void {
  if (!info || info.served || !existsSync(layout.database)) return;
  const suffix = `.unserved-${Date.now()}`;
  for (const end of ['', '-wal', '-shm']) if (existsSync(layout.database + end)) renameSync(layout.database + end, layout.database + suffix + end);
}
