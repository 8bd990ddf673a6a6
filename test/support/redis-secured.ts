// A Redis as a careful operator runs it: TLS only, with a certificate of an own authority, client certificates asked for,
// no default user, and one user who may do what the platform needs, and with its own keys only.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startRedis, type RedisServer } from './redis-server.ts';

export interface Certificates {
  /** PEM text of the authority, and of a certificate of its for 127.0.0.1 that serves a server and a client alike. */
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  readonly files: { readonly ca: string; readonly cert: string; readonly key: string };
}

/** Makes an authority and one certificate in this folder. */
export function makeCertificates(dir: string): Certificates {
  const at = (name: string): string => path.join(dir, name);
  const files = { ca: at('ca.pem'), cert: at('redis.pem'), key: at('redis-key.pem') };
  const make = (name: string, out: string, key: string, ...more: string[]): void => {
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
    const args = ['req', '-x509', ...curve, '-subj', `/CN=${name}`, '-keyout', key, '-out', out, ...more];
    execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  };
  make('agentcube-test-authority', files.ca, at('ca-key.pem'));
  const signed = [
    '-CA',
    files.ca,
    '-CAkey',
    at('ca-key.pem'),
    '-addext',
    'basicConstraints=critical,CA:FALSE',
  ];
  make('redis', files.cert, files.key, ...signed, '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost');
  const text = (file: string): string => readFileSync(file, 'utf8');
  return { ca: text(files.ca), cert: text(files.cert), key: text(files.key), files };
}

export interface SecuredRedis {
  readonly server: RedisServer;
  readonly certificates: Certificates;
  readonly username: string;
  readonly password: string;
  close(): Promise<void>;
}

const username = 'agentcube';
/** With what a command line, an address or a configuration file might trip over. */
const password = 'p@ss:word/ "quoted" #1?&%';

/** All that the platform asks of Redis: its own keys and channels, nothing that administers the server. */
const rights = (pattern: string): string[] => [
  'reset',
  'on',
  `>${password}`,
  `~{${pattern}}:*`,
  `&{${pattern}}:*`,
  ...['+@all', '-@admin', '-@dangerous', '+info'],
];

const argsFor = ({ ca, cert, key }: Certificates['files'], keyPattern: string): string[] => [
  ...['--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', ca],
  ...['--tls-auth-clients', 'yes', '--user', username, ...rights(keyPattern), '--user', 'default', 'off'],
];

/** Its user may touch what begins with `{keyPattern}:` (a glob) and nothing else. */
export async function startSecuredRedis(keyPattern = 'agentcube*'): Promise<SecuredRedis> {
  const dir = mkdtempSync(path.join(tmpdir(), 'agentcube-tls-'));
  const certificates = makeCertificates(dir);
  const { files } = certificates;
  const tls = ['--tls', '--cacert', files.ca, '--cert', files.cert, '--key', files.key];
  const server = await startRedis({
    portFlag: '--tls-port',
    args: argsFor(files, keyPattern),
    cliArgs: [...tls, '--user', username, '--pass', password],
  });
  const close = async (): Promise<void> => {
    await server.close();
    rmSync(dir, { recursive: true, force: true });
  };
  return { server, certificates, username, password, close };
}
