import { describe, expect, test } from '@jest/globals';
import { readinessOf } from './readiness.ts';

const base = { name: 'c', image: 'i' };

describe('a container is ready', () => {
  test('when its first port accepts, where it has no probe', () => {
    expect(readinessOf(base, 8080)).toMatchObject({ kind: 'tcp', port: 8080, initialDelayMs: 0 });
  });

  test('when its readiness probe says so, with Kubernetes’ timings', () => {
    const readinessProbe = { httpGet: { path: '/health', port: 8080 }, periodSeconds: 5 };
    expect(readinessOf({ ...base, readinessProbe }, 1)).toEqual({
      kind: 'http',
      path: '/health',
      port: 8080,
      headers: [],
      initialDelayMs: 0,
      periodMs: 5000,
      timeoutMs: 1000,
      successThreshold: 1,
      failureThreshold: 3,
    });
  });

  test('after the timings that were given, where zero is the default', () => {
    const readinessProbe = {
      tcpSocket: { port: 5 },
      initialDelaySeconds: 2,
      periodSeconds: 0,
      timeoutSeconds: 3,
      successThreshold: 4,
      failureThreshold: 5,
    };
    expect(readinessOf({ ...base, readinessProbe }, 1)).toEqual({
      kind: 'tcp',
      port: 5,
      initialDelayMs: 2000,
      periodMs: 10_000,
      timeoutMs: 3000,
      successThreshold: 4,
      failureThreshold: 5,
    });
  });

  test('at a named port', () => {
    const ports = [{ containerPort: 1 }, { name: 'web', containerPort: 7000 }];
    const httpGet = { port: 'web', path: 'ready', httpHeaders: [{ name: 'a', value: 'b' }] };
    expect(readinessOf({ ...base, ports, readinessProbe: { httpGet } }, 1)).toMatchObject({
      kind: 'http',
      path: '/ready',
      port: 7000,
      headers: [{ name: 'a', value: 'b' }],
    });
  });

  test('when a command succeeds', () => {
    const readinessProbe = { exec: { command: ['test', '-f', '/tmp/ready'] } };
    expect(readinessOf({ ...base, readinessProbe }, 1)).toMatchObject({
      kind: 'exec',
      command: ['test', '-f', '/tmp/ready'],
    });
  });

  test.each([
    ['HTTPS', { httpGet: { port: 443, scheme: 'HTTPS' as const } }],
    ['gRPC', { grpc: { port: 443 } }],
  ])('when the port of a probe over %s accepts', (_, readinessProbe) => {
    expect(readinessOf({ ...base, readinessProbe }, 1)).toMatchObject({ kind: 'tcp', port: 443 });
  });

  test('when its startup probe says so, where it has no other', () => {
    const startupProbe = { tcpSocket: { port: 6 } };
    expect(readinessOf({ ...base, startupProbe }, 1)).toMatchObject({ kind: 'tcp', port: 6 });
    const readinessProbe = { tcpSocket: { port: 7 } };
    expect(readinessOf({ ...base, startupProbe, readinessProbe }, 1)).toMatchObject({ port: 7 });
  });
});
