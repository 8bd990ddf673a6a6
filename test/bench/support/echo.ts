// An HTTP server on the unix socket given as argument that answers at once; what both proxies stand before.
import http from 'node:http';

const body = Buffer.from('{"ok":true}');
const headers = { 'content-type': 'application/json', 'content-length': String(body.length) };
const server = http.createServer((_, res) => res.writeHead(200, headers).end(body));
server.keepAliveTimeout = 60_000;
server.listen(process.argv[2], () => console.log('ready'));
