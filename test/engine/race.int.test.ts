import { describe, expect, it } from 'vitest';
import { isAlive } from '../../system/process-table.ts';
import { serverStatus, startServer } from '../../temporal/engine/index.ts';
import { choosePort } from '../../temporal/engine/server/ports.ts';
import { makeServerHome } from './support/home.ts';

describe('engines of several homes started at the same moment', () => {
  it('that wish the same port end up on ports of their own, each with its own process', async () => {
    const homes = await Promise.all([makeServerHome(), makeServerHome(), makeServerHome()]);
    const port = await choosePort([]);
    const records = (await Promise.all(homes.map((home) => startServer({ env: home.env, port })))).map((started) => started.record);
    expect(new Set(records.map((record) => record.port)).size).toBe(3);
    expect(new Set(records.map((record) => record.pid)).size).toBe(3);
    expect(records.every((record) => isAlive(record) && record.searchAttributes)).toBe(true);
    for (const home of homes) expect(await serverStatus({ env: home.env })).toMatchObject({ healthy: true, warning: null });
  });
});
