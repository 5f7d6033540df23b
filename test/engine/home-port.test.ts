import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { homePort } from '../../temporal/engine/server/home-port.ts';
import { odwHome } from '../../system/paths.ts';

describe('the port of a home', () => {
  it('is the usual one without settings, also when they name the same folder', () => {
    const env = { HOME: '/home/somebody', XDG_STATE_HOME: '/state' };
    expect(homePort({})).toBe(7233);
    expect(homePort(env)).toBe(7233);
    expect(homePort({ ...env, ODW_HOME: odwHome(env) })).toBe(7233);
  });

  it('is one of its own elsewhere, always the same, so that homes do not meet', () => {
    const ports = Array.from({ length: 20 }, (_, n) => homePort({ ODW_HOME: join('/homes', String(n)) }));
    expect(ports).toEqual(Array.from({ length: 20 }, (_, n) => homePort({ ODW_HOME: join('/homes', String(n), '.') })));
    expect(new Set(ports).size).toBeGreaterThan(15);
    for (const port of ports) expect(port >= 7240 && port < 7940).toBe(true);
  });
});
