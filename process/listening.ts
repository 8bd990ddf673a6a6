// Sockets of a program: taking a port, with words when it may not, and where it is reached. Does not own what is answered there.
import http, { type RequestListener, type ServerOptions } from 'node:http';
import https from 'node:https';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { getCACertificates, type TlsOptions } from 'node:tls';
import type { Certificate } from '../config/serving.ts';
import { StartError } from './failing.ts';

function portError(error: NodeJS.ErrnoException, port: number, flag: string): Error {
  if (error.code === 'EADDRINUSE') {
    return new StartError(`port ${port} is in use; choose another with ${flag} PORT (0 picks a free one)`);
  }
  if (error.code === 'EACCES')
    return new StartError(`port ${port} is not allowed to you; choose another with ${flag} PORT`);
  return error;
}

/** Resolves when it listens. Rejects with what to do when it may not; `flag` is the setting of the port. */
export async function listen(server: Server, host: string, port: number, flag: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(portError(error, port, flag)));
    server.listen(port, host, () => resolve());
  });
}

/** Rejects as `listen` does, and lets the port go again. */
export async function checkPort(host: string, port: number, flag: string): Promise<void> {
  const trial = createServer();
  await listen(trial, host, port, flag);
  await new Promise((resolve) => trial.close(resolve));
}

/** Where a listening server is reached. */
export function urlOf(server: Server, host: string): string {
  const { port } = server.address() as AddressInfo;
  const name = host.includes(':') ? `[${host}]` : host;
  return `${server instanceof https.Server ? 'https' : 'http'}://${name}:${port}`;
}

/** As node wants it. AgentCube's workload manager asks for TLS 1.3 where callers show certificates. */
export const tlsOptions = ({ cert, key, ca }: Certificate): TlsOptions => ({
  cert,
  key,
  minVersion: ca === undefined ? 'TLSv1.2' : 'TLSv1.3',
  ...(ca !== undefined && { ca, requestCert: true, rejectUnauthorized: true }),
});

/** HTTPS with a certificate, else HTTP; ready to listen. */
export const createHttpServer = (
  limits: ServerOptions,
  certificate: Certificate | undefined,
  handler: RequestListener,
): http.Server =>
  certificate
    ? https.createServer({ ...limits, ...tlsOptions(certificate) }, handler)
    : http.createServer(limits, handler);

/**
 * For asking another of our kind that serves HTTPS with a certificate of the same making: as one of us where callers must show one;
 * undefined where HTTP is served.
 */
export function agentFor(certificate: Certificate | undefined): https.Agent | undefined {
  if (!certificate) return undefined;
  const { cert, key, ca } = certificate;
  return new https.Agent({
    keepAlive: true,
    ca: ca === undefined ? [...getCACertificates('default'), cert] : ca,
    ...(ca !== undefined && { cert, key }),
  });
}
