import { describe, expect, test } from '@jest/globals';
import { bearerIn, lackOf, owns, rolesIn, type Identity } from './identity.ts';

const someone = (subject: string, ...roles: string[]): Identity => ({ subject, roles });

describe('the token of a caller', () => {
  test.each(['Bearer a.b.c', 'bearer a.b.c', 'BEARER  a.b.c '])('%j gives it', (header) => {
    expect(bearerIn(header)).toBe('a.b.c');
  });

  test.each([
    [undefined, 'missing authorization header'],
    ['', 'missing authorization header'],
    ['Basic dXNlcg==', 'invalid authorization header format'],
    ['Bearer', 'invalid authorization header format'],
    ['Bearer ', 'empty bearer token'],
    ['Bearer    ', 'empty bearer token'],
  ])('%j is refused: %s', (header, message) => {
    expect(() => bearerIn(header)).toThrow(expect.objectContaining({ code: 'UNAUTHORIZED', message }));
  });
});

describe('roles', () => {
  test('are found under a name, in a path of names, and under a name that has dots itself', () => {
    expect(rolesIn({ roles: ['a'] }, 'roles')).toEqual(['a']);
    expect(rolesIn({ realm_access: { roles: ['a', 'b'] } }, 'realm_access.roles')).toEqual(['a', 'b']);
    expect(rolesIn({ 'https://x/roles': ['c'], https: 1 }, 'https://x/roles')).toEqual(['c']);
  });

  test.each([
    [{}],
    [{ roles: 'admin' }],
    [{ roles: ['a', 1] }],
    [{ roles: { admin: true } }],
    [{ roles: null }],
  ])('are none in %j', (claims) => expect(rolesIn(claims, 'roles')).toEqual([]));

  test('of the language itself are not found', () => {
    expect(rolesIn({}, '__proto__.roles')).toEqual([]);
    expect(rolesIn({}, 'constructor')).toEqual([]);
  });

  test('decide who may call', () => {
    expect(lackOf(someone('a', 'sandbox:invoke'), 'sandbox:invoke')).toBeUndefined();
    expect(lackOf(someone('a', 'admin'), 'sandbox:invoke')).toBeUndefined();
    expect(lackOf(someone('a', 'other'), 'sandbox:invoke')).toMatchObject({
      code: 'FORBIDDEN',
      message: 'insufficient permissions: missing role sandbox:invoke',
    });
  });
});

describe('a session answers to', () => {
  test('its owner, and no other', () => {
    expect(owns(someone('a'), 'a')).toBe(true);
    expect(owns(someone('b'), 'a')).toBe(false);
  });

  test('admins, whosever it is', () => {
    expect(owns(someone('b', 'admin'), 'a')).toBe(true);
    expect(owns(someone('b', 'admin'), undefined)).toBe(true);
  });

  test('nobody but admins when it has no owner', () => expect(owns(someone('a'), undefined)).toBe(false));

  test('everybody where nobody says who it is', () => {
    expect(owns(undefined, 'a')).toBe(true);
    expect(owns(undefined, undefined)).toBe(true);
  });
});
