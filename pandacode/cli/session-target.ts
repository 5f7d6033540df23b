import { resolve } from 'node:path';
import { invalidRequest } from '../errors/raise.ts';
import { runtimeNamed } from '../runtimes/registry.ts';
import type { Runtime, RuntimeName } from '../runtimes/runtime.ts';
import { sessionPaths, stateDirectory } from '../state/layout.ts';
import { sessionName } from '../state/session-name.ts';
import { latestSession, readRecord, type SessionRecord } from '../state/session-record.ts';
import { chooseForSession } from './choose-runtime.ts';

/** Flags that name a session. */
export interface SessionFlags {
  cd: string;
  session: string;
  runtime?: string;
  json?: boolean;
}

/** A session that exists. */
export interface SessionTarget {
  runtime: Runtime;
  session: string;
  workspace: string;
  stateDir: string;
  record: SessionRecord;
  paths: ReturnType<typeof sessionPaths>;
}

/** Finds the session that the flags name; an unknown one is an `invalid_request`. */
export function findSession(named: RuntimeName | undefined, flags: SessionFlags, env: NodeJS.ProcessEnv): SessionTarget {
  const workspace = resolve(flags.cd);
  const stateDir = stateDirectory(workspace, env);
  const runtime = runtimeNamed(named ?? chooseForSession(flags, stateDir, env));
  const session = flags.session === 'latest' ? latestSession(stateDir, runtime.name)?.session : sessionName(flags.session);
  const record = session === undefined ? undefined : readRecord(stateDir, runtime.name, session);
  if (session === undefined || !record) {
    throw invalidRequest(
      session === undefined ? `${runtime.title} has no session in ${workspace}` : `${runtime.title} has no session ${session} in ${workspace}`,
    );
  }
  return { runtime, session, workspace, stateDir, record, paths: sessionPaths(stateDir, runtime.name, session) };
}
