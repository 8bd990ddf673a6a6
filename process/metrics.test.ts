// The route that shows what a program counts.
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { Gauge } from 'prom-client';
import { nothingHere } from './health.ts';
import { openMetrics, withMetrics } from './metrics.ts';

let server: http.Server | undefined;
afterEach(() => void server?.close());

async function served(registry = openMetrics('test')): Promise<string> {
  const listening = http.createServer(withMetrics(registry, nothingHere));
  server = listening;
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(listening.address() as AddressInfo).port}`;
}

test('shows the program and what Node tells of the process, as Prometheus reads it', async () => {
  const answer = await fetch(`${await served()}/metrics`);
  expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  const text = await answer.text();
  expect(text).toMatch(/^agentcube_build_info\{program="test",version="[\d.]+"\} 1$/m);
  expect(text).toMatch(/^process_cpu_seconds_total [\d.]+$/m);
  expect(text).toMatch(/^nodejs_heap_size_used_bytes [\d.]+$/m);
});

test('everything else is handed on', async () => {
  const url = await served();
  expect((await fetch(`${url}/metrics/more`)).status).toBe(404);
  expect((await fetch(`${url}/metrics`, { method: 'POST' })).status).toBe(404);
});

test('a number that cannot be read is no reason to hang', async () => {
  const registry = openMetrics('test');
  new Gauge({
    ...{ name: 'broken', help: 'broken', registers: [registry] },
    collect: () => Promise.reject(new Error('no')),
  });
  expect((await fetch(`${await served(registry)}/metrics`)).status).toBe(500);
});
