// The HTTP server in front of an activator: its time limits and how requests reach it. Does not choose a port, nor listen.
import http, { type IncomingMessage, type Server } from 'node:http';
import https from 'node:https';
import type { TlsOptions } from 'node:tls';
import type { Activator } from './activator.ts';

/** A head must come within this time, and an idle connection is kept this long (ms). */
const headersMs = 30_000;
const keepAliveMs = 90_000;

/** Other upgrades are not taken up, which HTTP allows (RFC 9110 7.8): such a request is answered like any other. */
const isWebSocket = (req: IncomingMessage): boolean =>
  req.method === 'GET' && req.headers.upgrade?.toLowerCase() === 'websocket';

/** A server that is ready to `listen`; of HTTPS when it is given a certificate. */
export function createActivatorServer(
  activator: Pick<Activator, 'handler' | 'upgrade'>,
  tls?: TlsOptions,
): Server {
  const options = {
    keepAlive: true,
    noDelay: true,
    keepAliveTimeout: keepAliveMs,
    headersTimeout: headersMs,
    connectionsCheckingInterval: 5_000,
    // A body waits in the socket for as long as its sandbox takes to wake.
    requestTimeout: 0,
    shouldUpgradeCallback: isWebSocket,
  };
  const server = tls ? https.createServer({ ...options, ...tls }) : http.createServer(options);
  server.on('request', (req, res) => activator.handler(req, res));
  // The interim answer is sent when the sandbox is there to read the body.
  server.on('checkContinue', (req, res) => activator.handler(req, res));
  server.on('upgrade', (req, socket, head) => activator.upgrade(req, socket, head));
  return server;
}
