// The programs as a careful operator runs them: Redis over TLS as a user with few rights, the control port for callers with a
// certificate only, the activator over HTTPS for callers with a token of an issuer.
import { mkdtempSync, rmSync } from 'node:fs';
import https from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { until } from '../support/client.ts';
import { probeFolder } from '../support/folder.ts';
import { OidcIssuer } from '../support/oidc-issuer.ts';
import { sweep } from '../support/leftovers.ts';
import { newDataDir } from '../support/platform.ts';
import { startProgram, type Program, type ProgramKind } from '../support/programs.ts';
import {
  makeCertificates,
  startSecuredRedis,
  type Certificates,
  type SecuredRedis,
} from '../support/redis-secured.ts';

jest.setTimeout(120_000);

let issuer: OidcIssuer;
let redis: SecuredRedis;
let dir: string;
let dataDir: string;
let ours: Certificates;
let controllers: readonly Program[];
let activator: Program;

beforeAll(async () => {
  redis = await startSecuredRedis();
  dir = mkdtempSync(path.join(tmpdir(), 'agentcube-certificates-'));
  ours = makeCertificates(dir);
  dataDir = newDataDir();
  const { files } = redis.certificates;
  const settings = {
    ...{
      dataDir,
      redisAddr: redis.server.addr,
      redisUsername: redis.username,
      redisPassword: redis.password,
    },
    ...{ redisTls: true, redisTlsCa: files.ca, redisTlsCert: files.cert, redisTlsKey: files.key },
    ...{ tlsCert: ours.files.cert, tlsKey: ours.files.key },
  };
  const folder = probeFolder({ name: 'secured' });
  const start = (kind: ProgramKind, name: string, more: object, args: readonly string[]): Promise<Program> =>
    startProgram({ kind, name, settings: { ...settings, ...more }, args });
  controllers = await Promise.all(
    ['first', 'second'].map((name) => start('controller', name, { tlsCa: ours.files.ca }, [folder])),
  );
  issuer = await OidcIssuer.start();
  const callers = [`--jwt-issuer-url=${issuer.url}`, '--jwt-role-claim=roles', '--jwt-required-role=invoke'];
  activator = await start('activator', 'activator', {}, ['--enable-tls', ...callers]);
});

afterAll(async () => {
  await Promise.all([...controllers, activator].map((one) => one.kill('SIGTERM')));
  await redis.close();
  await issuer.stop();
  await sweep(dataDir);
  for (const one of [dir, dataDir]) rmSync(one, { recursive: true, force: true });
});

interface Asked {
  readonly method?: string;
  readonly body?: unknown;
  /** Whether the caller shows a certificate. */
  readonly known: boolean;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Answered {
  readonly status: number;
  readonly text: string;
  readonly session?: string | string[] | undefined;
}

/** What a user of the issuer shows. */
async function as(user: string, session?: unknown): Promise<Record<string, string>> {
  const exp = Math.floor(Date.now() / 1_000) + 300;
  const token = await issuer.token({
    ...{ iss: issuer.url, aud: 'agentcube-api', sub: user, exp },
    roles: ['invoke'],
  });
  const bearer = { authorization: `Bearer ${token}` };
  return typeof session === 'string' ? { ...bearer, 'x-agentcube-session-id': session } : bearer;
}

/** One request over HTTPS; rejects when the handshake does not come about. */
async function ask(program: Program, at: string, { method = 'GET', body, known, headers = {} }: Asked) {
  const { ca, cert, key } = ours;
  const url = `${program.url.replace('http:', 'https:')}${at}`;
  const { promise, resolve, reject } = Promise.withResolvers<Answered>();
  const request = https.request(
    url,
    {
      method,
      ca,
      agent: false,
      ...(known && { cert, key }),
      headers: { 'content-type': 'application/json', ...headers },
    },
    (response) => {
      const status = response.statusCode ?? 0;
      const session = response.headers['x-agentcube-session-id'];
      text(response).then((answer) => resolve({ status, text: answer, session }), reject);
    },
  );
  request.on('error', reject);
  request.end(body === undefined ? undefined : JSON.stringify(body));
  return promise;
}

/** As `ask`; what got no answer has status 0. */
const tryToAsk = (program: Program, at: string, asked: Asked): Promise<Answered> =>
  ask(program, at, asked).catch((fault: Error) => ({
    status: 0,
    text: `${fault.message}; it printed ${program.output()}`,
  }));

const invocations = '/v1/namespaces/default/agent-runtimes/secured/invocations/';

test('sessions are opened through the leader and through the one that stands by, and used over HTTPS', async () => {
  for (const controller of controllers) {
    const body = { name: 'secured', namespace: 'default' };
    const opened = await until(
      `${controller.name} opens a session`,
      () => tryToAsk(controller, '/v1/agent-runtime', { method: 'POST', body, known: true }),
      ({ status }) => status === 200,
    );
    expect(JSON.parse(opened.text)).toHaveProperty('sessionId');
  }
  const answer = await until(
    'the activator answers',
    async () => tryToAsk(activator, invocations, { known: false, headers: await as('alice') }),
    ({ status }) => status === 200,
  );
  expect(JSON.parse(answer.text)).toMatchObject({ strangers: 0 });
});

test('a session answers to whoever opened it, and to nobody else', async () => {
  const call = async (user: string, session?: unknown): Promise<Answered> =>
    ask(activator, invocations, { known: false, headers: await as(user, session) });
  const { session } = await call('alice');
  expect(await call('alice', session)).toMatchObject({ status: 200, session });
  expect(await call('bob', session)).toMatchObject({ status: 404, session: undefined });
  expect(await ask(activator, invocations, { known: false })).toMatchObject({
    status: 401,
    text: expect.stringContaining('missing authorization header'),
  });
  await issuer.rotate();
  await until(
    'the new key of the issuer is known',
    () => call('alice', session),
    ({ status }) => status === 200,
  );
});

test('who shows no certificate gets no answer from a controller', async () => {
  for (const controller of controllers)
    await expect(ask(controller, '/v1/sessions', { known: false })).rejects.toThrow(
      /certificate|alert|hang up|ECONNRESET/,
    );
});

test('certificates that are replaced are taken up, towards callers and towards the leader', async () => {
  const before = ours;
  ours = makeCertificates(dir);
  expect(ours.ca).not.toBe(before.ca);
  for (const program of [...controllers, activator])
    await until(
      `${program.name} shows its new certificate`,
      () => tryToAsk(program, '/health/live', { known: true }),
      ({ status }) => status === 200,
    );
  for (const controller of controllers)
    await until(
      `${controller.name} reaches the leader`,
      () => tryToAsk(controller, '/v1/sessions', { known: true }),
      ({ status }) => status === 200,
    );
  const renewed = ours;
  ours = before;
  await expect(ask(activator, '/health/live', { known: false })).rejects.toThrow(/certificate/);
  ours = renewed;
});
