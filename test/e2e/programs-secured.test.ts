// The programs as a careful operator runs them: Redis over TLS as a user with few rights, the control port for callers with a
// certificate only, the activator over HTTPS.
import { mkdtempSync, rmSync } from 'node:fs';
import https from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { until } from '../support/client.ts';
import { probeFolder } from '../support/folder.ts';
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
  activator = await start('activator', 'activator', {}, ['--enable-tls']);
});

afterAll(async () => {
  await Promise.all([...controllers, activator].map((one) => one.kill('SIGTERM')));
  await redis.close();
  await sweep(dataDir);
  for (const one of [dir, dataDir]) rmSync(one, { recursive: true, force: true });
});

interface Asked {
  readonly method?: string;
  readonly body?: unknown;
  /** Whether the caller shows a certificate. */
  readonly known: boolean;
}

/** One request over HTTPS; rejects when the handshake does not come about. */
async function ask(program: Program, at: string, { method = 'GET', body, known }: Asked) {
  const { ca, cert, key } = ours;
  const url = `${program.url.replace('http:', 'https:')}${at}`;
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>();
  const request = https.request(
    url,
    {
      method,
      ca,
      agent: false,
      ...(known && { cert, key }),
      headers: { 'content-type': 'application/json' },
    },
    (response) => {
      const status = response.statusCode ?? 0;
      text(response).then((answer) => resolve({ status, text: answer }), reject);
    },
  );
  request.on('error', reject);
  request.end(body === undefined ? undefined : JSON.stringify(body));
  return promise;
}

/** As `ask`; what got no answer has status 0. */
const tryToAsk = (program: Program, at: string, asked: Asked): ReturnType<typeof ask> =>
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
    () => tryToAsk(activator, invocations, { known: false }),
    ({ status }) => status === 200,
  );
  expect(JSON.parse(answer.text)).toMatchObject({ strangers: 0 });
});

test('who shows no certificate gets no answer from a controller', async () => {
  for (const controller of controllers)
    await expect(ask(controller, '/v1/sessions', { known: false })).rejects.toThrow(
      /certificate|alert|hang up|ECONNRESET/,
    );
});
