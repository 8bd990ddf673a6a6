// Who is answered by the sessions API: the cluster's API server, by the certificate that it shows, and nobody else.
import { mkdtempSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import https from 'node:https';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { createSessionsServer, type FrontProxy } from '../../controller/sessions-api/server.ts';
import { makeCertificates, type Certificates } from '../support/redis-secured.ts';

let dirs: string[];
let ours: Certificates;
/** What the cluster signs its API server's certificate with; the name in it is `redis`. */
let cluster: Certificates;
let stranger: Certificates;
let server: Server | undefined;

beforeAll(() => {
  dirs = [1, 2, 3].map(() => mkdtempSync(path.join(os.tmpdir(), 'agentcube-sessions-server-')));
  const [first, second, third] = dirs.map(makeCertificates);
  if (!first || !second || !third) throw new Error('no certificates');
  [ours, cluster, stranger] = [first, second, third];
});

afterAll(() => dirs.forEach((dir) => rmSync(dir, { recursive: true })));

afterEach(async () => {
  if (!server) return;
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

class Known implements FrontProxy {
  list: readonly string[];
  allowed: readonly string[];
  #listener: () => void = () => undefined;

  constructor(list: readonly string[], allowed: readonly string[] = []) {
    this.list = list;
    this.allowed = allowed;
  }

  authorities = (): readonly string[] => this.list;
  names = (): readonly string[] => this.allowed;
  onChange(listener: () => void): () => void {
    this.#listener = listener;
    return () => undefined;
  }

  become(list: readonly string[]): void {
    this.list = list;
    this.#listener();
  }
}

async function serve(proxy: FrontProxy): Promise<void> {
  server = createSessionsServer({
    certificate: ours,
    proxy,
    handler: (_, response) => void response.end('sessions'),
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
}

/** The status and body of an answer to whoever shows this certificate. */
async function answerTo(shown?: Pick<Certificates, 'cert' | 'key'>): Promise<string> {
  const { port } = server?.address() as AddressInfo;
  const identity = shown ? { cert: shown.cert, key: shown.key } : {};
  const agent = new https.Agent({ ca: ours.ca, keepAlive: false, maxCachedSessions: 0, ...identity });
  const request = https.get({ host: '127.0.0.1', port, path: '/apis', agent });
  const [response] = (await once(request, 'response')) as [AsyncIterable<Buffer> & { statusCode: number }];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  return `${response.statusCode} ${Buffer.concat(chunks).toString().slice(0, 16)}`;
}

const served = '200 sessions';
const refused = '401 {"kind":"Status"';

describe('the sessions API answers', () => {
  test('who shows a certificate that the cluster signed', async () => {
    await serve(new Known([cluster.ca]));
    expect(await answerTo(cluster)).toBe(served);
  });

  test('nobody without one, with one of another authority, or with one that only this server knows', async () => {
    await serve(new Known([cluster.ca]));
    expect(await answerTo()).toBe(refused);
    expect(await answerTo(stranger)).toBe(refused);
    expect(await answerTo(ours)).toBe(refused);
  });

  test('only the names that the cluster allows', async () => {
    await serve(new Known([cluster.ca], ['front-proxy-client']));
    expect(await answerTo(cluster)).toBe(refused);
  });

  test('a name that the cluster allows', async () => {
    await serve(new Known([cluster.ca], ['front-proxy-client', 'redis']));
    expect(await answerTo(cluster)).toBe(served);
  });

  test('nobody while the cluster’s certificates are not known, and its API server once they are', async () => {
    const proxy = new Known([]);
    await serve(proxy);
    expect(await answerTo(cluster)).toBe(refused);
    expect(await answerTo(ours)).toBe(refused);
    proxy.become([stranger.ca, cluster.ca]);
    expect(await answerTo(cluster)).toBe(served);
  });
});
