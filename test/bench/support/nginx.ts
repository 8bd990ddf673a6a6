// One nginx worker as a reverse proxy before a unix socket, with keep-alive on both sides and no access log.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from './client.ts';

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const configuration = (folder: string, port: number, socket: string): string => `
${process.getuid?.() === 0 ? 'user root;' : ''}
worker_processes 1;
daemon off;
pid ${folder}/nginx.pid;
error_log ${folder}/nginx.log;
events { worker_connections 1024; }
http {
  access_log off;
  keepalive_requests 1000000000;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  upstream sandbox { server unix:${socket}; keepalive 64; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${port};
    location / { proxy_pass http://sandbox; proxy_http_version 1.1; proxy_set_header Connection ""; }
  }
}
`;

export interface Nginx {
  readonly port: number;
  stop(): Promise<void>;
}

/** Starts nginx and waits until it answers. Rejects when it is not installed. */
export async function startNginx(folder: string, socket: string): Promise<Nginx> {
  const port = await freePort();
  const file = path.join(folder, 'nginx.conf');
  writeFileSync(file, configuration(folder, port, socket));
  const child = spawn('nginx', ['-c', file], {
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
    stdio: 'ignore',
  });
  await once(child, 'spawn');
  const connection = connect({ port });
  for (let tries = 0; ; tries += 1) {
    if (
      await connection.ask({ path: '/' }).then(
        () => true,
        () => false,
      )
    )
      break;
    if (tries > 100) throw new Error(`nginx does not answer; see ${folder}/nginx.log`);
    await sleep(50);
  }
  connection.close();
  return {
    port,
    async stop() {
      child.kill('SIGQUIT');
      await once(child, 'exit');
    },
  };
}
