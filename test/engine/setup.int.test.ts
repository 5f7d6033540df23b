import { writeFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { connectEngine } from '../../temporal/connect.ts';
import { ensureEngine, searchAttributeTypes, startServer, stopServer, type Engine, type Progress } from '../../temporal/engine/index.ts';
import { engineLayout } from '../../temporal/engine/layout.ts';
import { knownCluster } from '../../temporal/engine/clusters.ts';
import { readDatabaseInfo, writeDatabaseInfo } from '../../temporal/engine/server/database-info.ts';
import { makeHome, makeServerHome, type TestHome } from './support/home.ts';

let server: TestHome;
let engine: Engine;
beforeAll(async () => {
  server = await makeServerHome();
  engine = await ensureEngine({ env: server.env });
});

const attributesOf = async (to: Engine) => {
  const { connection } = await connectEngine(to);
  return (await connection.operatorService.listSearchAttributes({ namespace: to.namespace }).finally(() => connection.close())).customAttributes;
};

const retentionDays = async (to: Engine) => {
  const { connection } = await connectEngine(to);
  const answer = await connection.workflowService.describeNamespace({ namespace: to.namespace }).finally(() => connection.close());
  return Number(answer.config?.workflowExecutionRetentionTtl?.seconds) / 86_400;
};

const makeNamespace = async (namespace: string, attributes: Record<string, number> = {}) => {
  const { connection } = await connectEngine(engine);
  try {
    await connection.workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod: { seconds: (3 * 86_400) as never } });
    if (Object.keys(attributes).length > 0) await connection.operatorService.addSearchAttributes({ namespace, searchAttributes: attributes });
  } finally {
    await connection.close();
  }
};

describe('the managed namespace', () => {
  it('keeps closed runs as long as the server can, and has the search attributes with their types', async () => {
    expect(await retentionDays(engine)).toBe(36_500);
    expect(await attributesOf(engine)).toMatchObject(searchAttributeTypes);
  });

  it('is set up again when an older odw made the database, without harm', async () => {
    const layout = engineLayout(server.env);
    await stopServer({ env: server.env });
    const info = readDatabaseInfo(layout.databaseInfo);
    if (!info) throw new Error('no database info');
    writeDatabaseInfo(layout.databaseInfo, { ...info, setup: 0 });
    const said: Progress[] = [];
    const { record } = await startServer({ env: server.env, onProgress: (progress) => said.push(progress) });
    expect(said.map((progress) => progress.phase)).toEqual(['start', 'setup']);
    expect(record).toMatchObject({ searchAttributes: true, warning: null });
    expect(readDatabaseInfo(layout.databaseInfo)?.setup).toBe(1);
  });
});

describe('an external cluster', () => {
  const useFrom = (home: TestHome, namespace: string) => ({ ...home.env, TEMPORAL_ADDRESS: engine.address, TEMPORAL_NAMESPACE: namespace });

  it('gets the attributes at its first use, keeps its own retention, and is not asked again', async () => {
    await makeNamespace('plain');
    const home = makeHome();
    const said: Progress[] = [];
    const options = { env: useFrom(home, 'plain'), onProgress: (progress: Progress) => said.push(progress) };
    const first = await ensureEngine(options);
    expect(first).toMatchObject({ managed: false, namespace: 'plain', searchAttributes: true });
    expect(said.map((progress) => progress.phase)).toEqual(['setup']);
    expect(await attributesOf(first)).toMatchObject(searchAttributeTypes);
    expect(await retentionDays(first)).toBe(3);
    expect(await ensureEngine(options)).toMatchObject({ searchAttributes: true });
    expect(said).toHaveLength(1);
  });

  it('where a name has another type: a warning that is remembered, no failure, nothing sent', async () => {
    await makeNamespace('taken', { OdwPhase: 3 });
    const home = makeHome();
    const got = await ensureEngine({ env: useFrom(home, 'taken') });
    expect(got.searchAttributes).toBe(false);
    expect(got.warning).toContain('OdwPhase exist with another type');
    expect(knownCluster(engineLayout(home.env).clusters, engine.address, 'taken')).toMatchObject({ searchAttributes: false, warning: got.warning });
    expect(await ensureEngine({ env: useFrom(home, 'taken') })).toMatchObject({ searchAttributes: false, warning: got.warning });
  });

  it('where the slots are used up: the same', async () => {
    await makeNamespace('full', { A1: 3, A2: 3, A3: 3 });
    const got = await ensureEngine({ env: useFrom(makeHome(), 'full') });
    expect(got.searchAttributes).toBe(false);
    expect(got.warning).toContain('cannot have more than 3 search attribute of type Int');
  });

  it('whose namespace does not exist yet: the same, for the run itself will say so', async () => {
    const got = await ensureEngine({ env: useFrom(makeHome(), 'nowhere') });
    expect(got.searchAttributes).toBe(false);
    expect(got.warning).toContain('nowhere');
  });

  it('is used even when nothing can be remembered', async () => {
    const home = makeHome();
    writeFileSync(`${home.path}/file`, '');
    const env = { ...useFrom(home, 'plain'), ODW_HOME: `${home.path}/file/odw` };
    expect(await ensureEngine({ env })).toMatchObject({ searchAttributes: true });
  });
});
