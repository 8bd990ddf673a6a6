// How one asks a sandbox whether it is ready, from the probes of its container.
// Does not own the asking. Without a probe, a sandbox is ready when its first port accepts a connection.
import type { Container } from './container.ts';
import type { Probe } from './probe.ts';

interface Timings {
  readonly initialDelayMs: number;
  readonly periodMs: number;
  readonly timeoutMs: number;
  /** Answers in a row that make it ready. */
  readonly successThreshold: number;
  /** Failures in a row that make it not ready. */
  readonly failureThreshold: number;
}

export type Readiness = Timings &
  (
    | {
        readonly kind: 'http';
        readonly path: string;
        readonly port: number;
        readonly headers: readonly { readonly name: string; readonly value: string }[];
      }
    | { readonly kind: 'tcp'; readonly port: number }
    | { readonly kind: 'exec'; readonly command: readonly string[] }
  );

/** Kubernetes' defaults; it takes an explicit 0 for the default too. */
const timingsOf = (probe: Probe): Timings => ({
  initialDelayMs: (probe.initialDelaySeconds ?? 0) * 1000,
  periodMs: (probe.periodSeconds || 10) * 1000,
  timeoutMs: (probe.timeoutSeconds || 1) * 1000,
  successThreshold: probe.successThreshold || 1,
  failureThreshold: probe.failureThreshold || 3,
});

/** With no probe of the user's to respect we may ask often: connecting costs the sandbox next to nothing. */
const connecting: Timings = {
  initialDelayMs: 0,
  periodMs: 1000,
  timeoutMs: 1000,
  successThreshold: 1,
  failureThreshold: 3,
};

const withSlash = (path: string): string => (path.startsWith('/') ? path : `/${path}`);

function portOf(probe: Probe, container: Container, firstPort: number): number {
  const port = (probe.httpGet ?? probe.tcpSocket ?? probe.grpc)?.port;
  if (typeof port === 'number') return port;
  return container.ports?.find(({ name }) => name !== undefined && name === port)?.containerPort ?? firstPort;
}

/**
 * The readiness probe of a container, else its startup probe, else a connection to `firstPort`.
 * HTTPS and gRPC probes become connections: the port is asked, its certificate and protocol are not.
 */
export function readinessOf(container: Container, firstPort: number): Readiness {
  const probe = container.readinessProbe ?? container.startupProbe;
  if (probe === undefined) return { kind: 'tcp', port: firstPort, ...connecting };
  const timings = timingsOf(probe);
  const { exec, httpGet } = probe;
  if (exec !== undefined) return { kind: 'exec', command: exec.command, ...timings };
  const port = portOf(probe, container, firstPort);
  if (httpGet === undefined || httpGet.scheme === 'HTTPS') return { kind: 'tcp', port, ...timings };
  return {
    kind: 'http',
    path: withSlash(httpGet.path ?? ''),
    port,
    headers: httpGet.httpHeaders ?? [],
    ...timings,
  };
}
