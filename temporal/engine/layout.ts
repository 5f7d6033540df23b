import { join } from 'node:path';
import { odwHome } from '../../system/paths.ts';

/** Every path of the managed server inside ODW_HOME. */
export interface EngineLayout {
  home: string;
  /** The running server: pid, ports, versions. Absent when none was started or it was stopped. */
  record: string;
  folder: string;
  database: string;
  /** Versions and set-up state of the database, beside it. */
  databaseInfo: string;
  log: string;
  startLock: string;
  binary: string;
  installLock: string;
  /** What is known of external clusters, by address and namespace. */
  clusters: string;
}

/** Paths for this environment; nothing is created. */
export function engineLayout(env: NodeJS.ProcessEnv = process.env): EngineLayout {
  const home = odwHome(env);
  const folder = join(home, 'server');
  return {
    home,
    record: join(home, 'server.json'),
    folder,
    database: join(folder, 'temporal.db'),
    databaseInfo: join(folder, 'database.json'),
    log: join(folder, 'temporal.log'),
    startLock: join(folder, 'start.lock'),
    binary: join(home, 'bin', process.platform === 'win32' ? 'temporal.exe' : 'temporal'),
    installLock: join(home, 'bin', 'install.lock'),
    clusters: join(home, 'clusters.json'),
  };
}
