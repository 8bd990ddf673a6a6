// What a program counts, for Prometheus: one registry, with Node's own series, and the route that shows it.
// Does not own which series of ours there are (meters.ts), nor the port. Nothing is computed until somebody asks.
import type { RequestListener, ServerResponse } from 'node:http';
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { version } from './package.ts';

export const metricsPath = '/metrics';

/** How finely the delay of the event loop is measured (ms): a timer that ticks so often whatever the load. */
const eventLoopPrecisionMs = 50;

export type Metrics = Registry;

/** The registry of a program: its version and what Node tells of the process. */
export function openMetrics(program: string): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: eventLoopPrecisionMs });
  const info = new Gauge({
    name: 'agentcube_build_info',
    help: 'Always 1; which program of which version this is.',
    labelNames: ['program', 'version'],
    registers: [registry],
  });
  info.set({ program, version }, 1);
  return registry;
}

async function answer(registry: Metrics, response: ServerResponse): Promise<void> {
  try {
    const text = await registry.metrics();
    response.writeHead(200, { 'Content-Type': registry.contentType, 'Cache-Control': 'no-store' });
    response.end(text);
  } catch {
    response.writeHead(500, { 'Content-Type': 'text/plain' }).end('the metrics could not be read');
  }
}

/** Answers `GET /metrics` by itself and hands everything else on. */
export const withMetrics =
  (registry: Metrics, otherwise: RequestListener): RequestListener =>
  (request, response) => {
    if (request.url === metricsPath && request.method === 'GET') void answer(registry, response);
    else otherwise(request, response);
  };
