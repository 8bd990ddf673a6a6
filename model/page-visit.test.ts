import { describe, expect, test } from '@jest/globals';
import { verdictOn, type PageRules, type Visit } from './page-visit.ts';

const laptop: PageRules = { hosts: new Set(['box.lan']), origins: new Set(['http://localhost:3000']) };
const open: PageRules = { ...laptop, hosts: undefined };
const kindOf = (visit: Visit, rules = laptop) => verdictOn(visit, rules).kind;

describe('programs enter', () => {
  test.each([
    '127.0.0.1:8081',
    'localhost:8081',
    'LOCALHOST',
    '[::1]:8081',
    'agent.localhost:1',
    '127.9.9.9',
    'box.lan:8081',
  ])('by the name %s', (host) => expect(verdictOn({ host }, laptop)).toEqual({ kind: 'enter' }));

  test('that name no host', () => expect(kindOf({})).toBe('enter'));
});

describe('a name that leads here and is none of ours is refused', () => {
  test.each([
    'evil.example',
    'evil.example:8081',
    '127.0.0.1.evil.example',
    'localhost.evil.example',
    'notlocalhost',
    '127.0.0.1@evil.example',
    '10.0.0.7:8081',
    '0.0.0.0:8081',
    '',
  ])('%s', (host) => expect(kindOf({ host })).toBe('refuse'));

  test('unless the server listens on more than loopback', () =>
    expect(kindOf({ host: 'evil.example' }, open)).toBe('enter'));
});

describe('a page', () => {
  const host = '127.0.0.1:8081';

  test.each(['https://evil.example', 'null', 'http://127.0.0.1:8080', 'http://localhost:3001', 'file://'])(
    'of %s is refused',
    (origin) => {
      expect(kindOf({ host, origin })).toBe('refuse');
      expect(kindOf({ host, origin }, open)).toBe('refuse');
    },
  );

  test('that this server gave out may call it', () => {
    expect(verdictOn({ host, origin: `http://${host}`, site: 'same-origin' }, laptop)).toEqual({
      kind: 'enter',
    });
  });

  test('of an origin that is allowed may call, and read the answer', () => {
    const visit = { host, origin: 'http://localhost:3000', site: 'same-site' };
    expect(verdictOn(visit, laptop)).toEqual({ kind: 'enter', page: 'http://localhost:3000' });
  });

  test.each(['cross-site', 'same-site'])('that says no origin but is %s is refused', (site) =>
    expect(kindOf({ host, site })).toBe('refuse'),
  );

  test.each(['none', 'same-origin'])('that says no origin and is %s enters', (site) =>
    expect(kindOf({ host, site })).toBe('enter'),
  );
});
