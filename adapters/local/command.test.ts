import { describe, expect, test } from '@jest/globals';
import type { Workload } from '../../model/workload.ts';
import { argvOf, cwdOf, environmentOf, insidePort, portsOf, type CommandInput } from './command.ts';
import { layoutOf } from './layout.ts';
import { hostPlaces, ownPlaces } from './places.ts';

const timings = { initialDelayMs: 0, periodMs: 1, timeoutMs: 1, successThreshold: 1, failureThreshold: 1 };
const workload: Workload = {
  ...{
    kind: 'AgentRuntime',
    namespace: 'default',
    name: 'hello',
    uid: '',
    generation: 1,
    labels: {},
    limits: {},
  },
  container: { image: 'hello', env: [{ name: 'A', value: 'pod' }] },
  ports: [
    { path: '/', port: 8080, protocol: 'HTTP' },
    { path: '/admin', port: 9090, protocol: 'HTTP' },
  ],
  readiness: { kind: 'tcp', port: 7070, ...timings },
  policy: { pauseAfterMs: null, suspendAfterMs: null, sessionTimeoutMs: 1, maxSessionDurationMs: 1 },
  ...{ warmPoolSize: 0, authMode: 'none', notHonouredLocally: [] },
  pod: { labels: {}, annotations: {}, spec: { containers: [] } },
};

interface Change {
  readonly workload?: Partial<Workload>;
  readonly image?: Partial<CommandInput['image']>;
  readonly rest?: Partial<CommandInput>;
}

const input = ({ workload: other, image, rest }: Change = {}): CommandInput => ({
  spec: { id: '1', name: 'hello-1', generation: 1, revision: 'r', workload: { ...workload, ...other } },
  image: {
    ...{ digest: 'd', daemon: false, command: ['python3', '/app/main.py'] },
    environment: [
      { name: 'A', value: 'image' },
      { name: 'B', value: 'image' },
    ],
    ...image,
  },
  places: ownPlaces,
  nodeFlags: ['--flag'],
  authPublicKeyPem: 'PEM',
  listen: [],
  platformListens: true,
  ...rest,
});
const container = (change: Partial<Workload['container']>): Change => ({
  workload: { container: { ...workload.container, ...change } },
});
const commandIn = (argv: readonly string[]): string[] => argv.slice(argv.indexOf('--') + 1);
const variables = (given: CommandInput): Record<string, string> =>
  Object.fromEntries(environmentOf(given).map(({ name, value }) => [name, value]));

describe('the command of an agent', () => {
  test('runs below our forwarder', () =>
    expect(argvOf(input())).toEqual([
      ...['/opt/agentcube/bin/node', '--flag', '/opt/agentcube/daemon/main.mjs', 'agent', '--'],
      ...['python3', '/app/main.py'],
    ]));

  test("the pod's args follow the image's command; the pod's command replaces it", () => {
    expect(commandIn(argvOf(input(container({ args: ['-v'] }))))).toEqual(['python3', '/app/main.py', '-v']);
    expect(commandIn(argvOf(input(container({ command: ['ruby'], args: ['x'] }))))).toEqual(['ruby', 'x']);
  });

  test('nobody naming one is a start failure in words', () =>
    expect(() => argvOf(input({ image: { command: [] } }))).toThrow(/names a command for hello/));

  test('paths inside are those of the host where there is no view', () => {
    const paths = layoutOf('/data').sandbox('1');
    const places = hostPlaces(paths, '/data/runtime/r', '/data/images/d', '/data/platform');
    expect(commandIn(argvOf(input({ rest: { places } })))).toEqual(['python3', '/data/images/d/main.py']);
    expect(cwdOf(input({ rest: { places } }))).toBe('/data/sandboxes/1/workspace');
  });
});

test('the code daemon is run whatever command the pod names', () =>
  expect(argvOf(input({ ...container({ command: ['/picod'] }), image: { daemon: true } }))).toEqual([
    ...['/opt/agentcube/bin/node', '--flag', '/opt/agentcube/daemon/main.mjs', 'daemon'],
  ]));

describe('the variables', () => {
  test("the pod's win over the image's", () =>
    expect(variables(input())).toMatchObject({ A: 'pod', B: 'image' }));

  test("the platform's own win over all", () => {
    const env = [
      { name: 'AGENTCUBE_AUTH_MODE', value: 'none' },
      { name: 'HOME', value: '/tmp' },
    ];
    const given = input({
      workload: { authMode: 'picod', container: { image: 'picod', env } },
      image: { daemon: true },
    });
    expect(variables(given)).toMatchObject({
      AGENTCUBE_AUTH_MODE: 'picod',
      PICOD_AUTH_PUBLIC_KEY: 'PEM',
      AGENTCUBE_SOCKET: '/run/agentcube/8080.sock',
      HOME: '/tmp',
    });
  });

  test('a sandbox without tokens is given no key', () =>
    expect(variables(input())).not.toHaveProperty('PICOD_AUTH_PUBLIC_KEY'));

  test('all ports are forwarded, also the one that only tells readiness', () => {
    expect(portsOf(workload)).toEqual([8080, 9090, 7070]);
    expect(variables(input())).toMatchObject({ PORT: '8080', AGENTCUBE_PORTS: '8080,9090,7070' });
  });

  test('where the network is shared, free ports stand for them', () => {
    const listen = [[8080, 41000]] as const;
    expect(insidePort(listen, 8080)).toBe(41000);
    expect(variables(input({ rest: { listen } }))).toMatchObject({
      PORT: '41000',
      AGENTCUBE_PORTS: '41000,9090,7070',
    });
  });
});

describe('a way to the platform', () => {
  const address = { name: 'ROUTER_URL', value: 'http://agentcube-router.agentcube.svc:8080' };
  const asking = container({ env: [address] });
  const door = (given: CommandInput): string | undefined => variables(given)['AGENTCUBE_PLATFORM_DIR'];

  test('is for an agent whose pod names an address of it', () => {
    expect(door(input(asking))).toBe('/run/agentcube-platform');
    expect(door(input())).toBeUndefined();
  });

  test('is never for the code daemon, whatever its pod names', () =>
    expect(door(input({ ...asking, image: { daemon: true } }))).toBeUndefined());

  test('is not there while the platform does not listen; then the address stays as it was given', () => {
    const given = input({ ...asking, rest: { platformListens: false } });
    expect([door(given), variables(given)['ROUTER_URL']]).toEqual([undefined, address.value]);
  });
});
