import { describe, expect, test } from '@jest/globals';
import { generateKeyPairSync } from 'node:crypto';
import { inheritedEnvironment, OptionError, parseOptions } from './main-options.ts';

const pem = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({
  type: 'spki',
  format: 'pem',
});
const key = { PICOD_AUTH_PUBLIC_KEY: pem.publicKey };

describe('daemon mode', () => {
  test('is the default, with the defaults of PicoD', () => {
    expect(parseOptions([], key)).toEqual({
      mode: 'daemon',
      listen: { port: 8080 },
      workspace: undefined,
      publicKey: pem.publicKey,
      sessionId: undefined,
      busyDirectory: undefined,
      outputLimitBytes: 16 * 1024 * 1024,
    });
  });
  test.each([['--port', '81'], ['-port=81'], ['daemon', '--v=2', '--port=81']])(
    'takes flags as Go does: %s %s',
    (...args) => {
      expect(parseOptions(args.filter(Boolean), key)).toMatchObject({ listen: { port: 81 } });
    },
  );
  test('prefers the environment of the platform to flags', () => {
    const environment = {
      AGENTCUBE_AUTH_MODE: 'none',
      AGENTCUBE_SOCKET: '/run/a.sock',
      AGENTCUBE_WORKSPACE: '/w',
      AGENTCUBE_SESSION_ID: 's',
      AGENTCUBE_BUSY_DIR: '/b',
      AGENTCUBE_OUTPUT_LIMIT_BYTES: '10',
    };
    expect(parseOptions(['--workspace', '/x', '--port', '1'], environment)).toEqual({
      mode: 'daemon',
      listen: { socket: '/run/a.sock' },
      workspace: '/w',
      publicKey: undefined,
      sessionId: 's',
      busyDirectory: '/b',
      outputLimitBytes: 10,
    });
  });
  test.each([
    [[], {}, /PICOD_AUTH_PUBLIC_KEY is missing, must be/],
    [[], { PICOD_AUTH_PUBLIC_KEY: pem.privateKey }, /PICOD_AUTH_PUBLIC_KEY is no such key/],
    [[], { PICOD_AUTH_PUBLIC_KEY: ec.toString() }, /PICOD_AUTH_PUBLIC_KEY is no such key/],
    [['--port', '0'], key, /--port = "0", must be a port/],
    [[], { ...key, AGENTCUBE_OUTPUT_LIMIT_BYTES: '-1' }, /AGENTCUBE_OUTPUT_LIMIT_BYTES = "-1"/],
  ])('%j %j is refused', (args, environment, message) => {
    expect(() => parseOptions(args, environment)).toThrow(OptionError);
    expect(() => parseOptions(args, environment)).toThrow(message);
  });
});

describe('agent mode', () => {
  test('takes the command behind --', () => {
    expect(parseOptions(['agent', '--', 'node', '-e', '--'], {})).toEqual({
      mode: 'agent',
      command: ['node', '-e', '--'],
      ports: [8080],
      runDirectory: '/run/agentcube',
    });
  });
  test('takes several ports', () => {
    expect(
      parseOptions(['agent', 'x'], { AGENTCUBE_PORTS: '80, 81', AGENTCUBE_RUN_DIR: '/r' }),
    ).toMatchObject({
      ports: [80, 81],
      runDirectory: '/r',
    });
  });
  test.each([
    [['agent', '--'], {}, /needs a command/],
    [['agent', 'x'], { AGENTCUBE_PORTS: '80,' }, /AGENTCUBE_PORTS = ""/],
  ])('%j %j is refused', (args, environment, message) => {
    expect(() => parseOptions(args, environment)).toThrow(message);
  });
});

test("a command inherits everything but the platform's socket", () => {
  expect(inheritedEnvironment({ A: '1', AGENTCUBE_SOCKET: '/s', B: undefined, ...key })).toEqual({
    A: '1',
    ...key,
  });
});
