import { isAbsolute, join, resolve } from 'node:path';
import type { NodeRequest } from '../../schemas/node.ts';
import { at, firstText } from '../../src/executor-report/json-object.ts';
import { parseObject } from '../../src/executor-report/parse-stdout.ts';
import type { NodeFiles } from '../executor/node-files.ts';
import { readRange, readTail } from './read-file.ts';

/**
 * Whether the executor's own session is known to exist, so that a dead executor can be continued in it (EXEC-13):
 * its events tell of it, or its session record names a thread or transcript.
 */
export function sessionKnown(request: NodeRequest, files: NodeFiles, cwd: string, env: NodeJS.ProcessEnv): boolean {
  if (readRange(files.events, 0, 1024 * 1024).text.includes('"session.started"')) return true;
  const folder = env['PANDACODE_STATE_DIR'] || '.pandacode';
  const state = isAbsolute(folder) ? folder : resolve(cwd, folder);
  const record = parseObject(readTail(join(state, 'sessions', request.runtime, `${request.session}.json`), 4 * 1024 * 1024).trim());
  return firstText(at(record, 'thread_id'), at(record, 'artifacts', 'transcript')) !== undefined;
}
