// The socket of the sessions API: TLS, and nobody is answered but the cluster's API server, which shows the certificate that it
// keeps for this and has already looked whether its caller may do what is asked. Does not own what is answered (sessions-api.ts).
import type { RequestListener, Server } from 'node:http';
import https from 'node:https';
import type { TLSSocket } from 'node:tls';
import type { Cancel } from '../../model/clock.ts';
import { unauthorized } from './status.ts';

/** How the API server shows that it is it. */
export interface FrontProxy {
  /** Certificates (PEM) that sign its own; none until they are known. */
  authorities(): readonly string[];
  /** Names of which its certificate has one; none given means that any does. */
  names(): readonly string[];
  /** Told when either changed. */
  onChange(listener: () => void): Cancel;
}

export interface SessionsServerDeps {
  readonly certificate: { readonly cert: string; readonly key: string };
  readonly proxy: FrontProxy;
  readonly handler: RequestListener;
}

/** No certificate signs anybody: with an empty list Node would take the system's. */
const nobody = (cert: string): string[] => [cert];

function isApiServer(socket: TLSSocket, proxy: FrontProxy): boolean {
  if (!socket.authorized || proxy.authorities().length === 0) return false;
  const { subject } = socket.getPeerCertificate();
  const names = proxy.names();
  return (
    names.length === 0 || [subject?.CN].flat().some((name) => name !== undefined && names.includes(name))
  );
}

/** Ready to listen. The certificates by which the API server is known may change while it does. */
export function createSessionsServer({ certificate, proxy, handler }: SessionsServerDeps): Server {
  const trusted = (): string[] => {
    const authorities = proxy.authorities();
    return authorities.length > 0 ? [...authorities] : nobody(certificate.cert);
  };
  const context = () => ({ ...certificate, ca: trusted(), minVersion: 'TLSv1.2' as const });
  const options = { ...context(), requestCert: true, rejectUnauthorized: false };
  const server = https.createServer(options, (request, response) => {
    if (isApiServer(request.socket as TLSSocket, proxy)) return handler(request, response);
    response.writeHead(401, { 'Content-Type': 'application/json' }).end(JSON.stringify(unauthorized()));
  });
  server.on(
    'close',
    proxy.onChange(() => server.setSecureContext(context())),
  );
  return server;
}
