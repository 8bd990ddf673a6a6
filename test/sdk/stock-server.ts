// Stock AgentCube 0.1 as its clients see it: workload manager, router and PicoD on one port, with its texts, statuses and redirects,
// and nothing that it lacks. Sandboxes hold files in memory; `cat` and `false` are the commands that they know.
// Does not own: anything that the SDK does not touch.
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

type Files = Map<string, Buffer>;
type Headers = Readonly<Record<string, string>>;

const jsonType = 'application/json; charset=utf-8';

function send(response: ServerResponse, status: number, body: unknown, headers: Headers = {}): void {
  response.writeHead(status, { 'content-type': jsonType, ...headers }).end(JSON.stringify(body));
}

/** Gin's answer to any path and method that it does not know. */
const noPage = (response: ServerResponse): void =>
  void response.writeHead(404, { 'content-type': 'text/plain' }).end('404 page not found');

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of request as AsyncIterable<Buffer>) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** PicoD: JSON with Base64, or a form. */
async function upload(
  files: Files,
  request: IncomingMessage,
  body: Buffer,
): Promise<{ path: string; size: number }> {
  const type = request.headers['content-type'] ?? '';
  if (!type.startsWith('multipart/form-data')) {
    const { path, content } = JSON.parse(body.toString()) as { path: string; content: string };
    files.set(path, Buffer.from(content, 'base64'));
  } else {
    const form = await new Response(new Uint8Array(body), { headers: { 'content-type': type } }).formData();
    const path = form.get('path') as string;
    files.set(path, Buffer.from(await (form.get('file') as Blob).arrayBuffer()));
    return { path, size: files.get(path)?.length ?? 0 };
  }
  return { path: '', size: 0 };
}

function execute(files: Files, body: Buffer): object {
  const { command } = JSON.parse(body.toString()) as { command: string[] };
  const [program = '', file = ''] = command;
  const ran = { duration: 0.001, start_time: '2026-01-01T00:00:00Z', end_time: '2026-01-01T00:00:00Z' };
  if (program === 'false') return { stdout: '', stderr: '', exit_code: 1, ...ran };
  const found = files.get(file);
  return found
    ? { stdout: found.toString(), stderr: '', exit_code: 0, ...ran }
    : { stdout: '', stderr: `exec: "${program}": executable file not found in $PATH`, exit_code: 1, ...ran };
}

const moment = { mode: '-rw-r--r--', modified: '2026-01-01T00:00:00Z' };
const invocation =
  /^\/v1\/namespaces\/([^/]+)\/(agent-runtimes|code-interpreters)\/([^/]+)\/invocations(\/.*)$/;
const deletion = /^\/v1\/(?:agent-runtime|code-interpreter)\/sessions\/(.+)$/;
const creation = /^\/v1\/(agent-runtime|code-interpreter)$/;

/** The runtimes `my-interpreter` and `hello` are there; the agent answers GET with 404, as one that only takes POST. */
export class StockServer {
  readonly #sessions = new Map<string, Files>();
  readonly #server: Server = createServer((request, response) => {
    this.#answer(request, response).catch(() => response.destroy());
  });

  async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #open(): string {
    const id = randomUUID();
    this.#sessions.set(id, new Map());
    return id;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '' } = request;
    const body = await bodyOf(request);
    const [path = '', query = ''] = url.split('?');
    const asked = { method, path, query, body };
    if (method === 'POST' && creation.test(path)) return this.#create(response, body);
    if (method === 'DELETE' && deletion.test(path)) return this.#delete(response, path);
    if (invocation.test(path) && (method === 'GET' || method === 'POST'))
      return this.#invoke(request, response, asked);
    noPage(response);
  }

  #create(response: ServerResponse, body: Buffer): void {
    const { name } = JSON.parse(body.toString()) as { name?: string };
    if (name !== 'my-interpreter') return send(response, 404, { message: 'code interpreter not found' });
    const sandbox = { kind: 'Sandbox', sandboxId: randomUUID(), sandboxName: 'my-interpreter-12345678' };
    send(response, 200, { ...sandbox, sessionId: this.#open(), entryPoints: [] });
  }

  #delete(response: ServerResponse, path: string): void {
    const id = deletion.exec(path)?.[1] ?? '';
    if (this.#sessions.delete(id)) return send(response, 200, { message: 'Sandbox deleted successfully' });
    send(response, 404, { message: `Session ID ${id} not found, maybe already deleted` });
  }

  async #invoke(
    request: IncomingMessage,
    response: ServerResponse,
    { method, path, query, body }: { method: string; path: string; query: string; body: Buffer },
  ): Promise<void> {
    const [, namespace = '', plural = '', name = '', rest = ''] = invocation.exec(path) ?? [];
    const given = request.headers['x-agentcube-session-id']?.toString();
    const refused = this.#refusal(given, `${plural.replace('-', '')}.agentcube.volcano.sh`, namespace, name);
    if (refused !== undefined) return send(response, 404, { error: refused });
    const id = given ?? this.#open();
    const headers = { 'x-agentcube-session-id': id };
    const files = this.#sessions.get(id) ?? new Map<string, Buffer>();
    if (plural === 'agent-runtimes') return this.#agent(response, method, body, headers);
    const route = `${method} ${decodeURIComponent(rest)}`;
    await this.#picod(request, response, { route, query, body, files, headers });
  }

  #refusal(id: string | undefined, resource: string, namespace: string, name: string): string | undefined {
    if (id === undefined)
      return name === 'hello' ? undefined : `${resource} "${namespace}/${name}" not found`;
    return this.#sessions.has(id) ? undefined : `sessions.agentcube.volcano.sh "${id}" not found`;
  }

  #agent(response: ServerResponse, method: string, body: Buffer, headers: Headers): void {
    if (method !== 'POST') return send(response, 404, { detail: 'Not Found' }, headers);
    send(response, 200, { heard: JSON.parse(body.toString() || 'null') as unknown }, headers);
  }

  async #picod(
    request: IncomingMessage,
    response: ServerResponse,
    asked: { route: string; query: string; body: Buffer; files: Files; headers: Headers },
  ): Promise<void> {
    const { route, query, body, files, headers } = asked;
    if (route === 'POST /api/execute') return send(response, 200, execute(files, body), headers);
    if (route === 'POST /api/files')
      return send(response, 200, { ...(await upload(files, request, body)), ...moment }, headers);
    if (route === 'GET /api/files') {
      if (new URLSearchParams(query).get('path') !== '.')
        return send(response, 404, { error: 'Directory not found', code: 404 }, headers);
      const listed = [...files].map(([name, { length: size }]) => ({ name, size, ...moment, is_dir: false }));
      return send(response, 200, { files: listed }, headers);
    }
    const name = route.replace('GET /api/files/', '');
    // Go's ServeFile.
    if (name === 'index.html') return void response.writeHead(301, { ...headers, location: './' }).end();
    const found = files.get(name);
    if (!found) return send(response, 404, { error: 'File not found', code: 404 }, headers);
    response.writeHead(200, { ...headers, 'content-type': 'application/octet-stream' }).end(found);
  }
}
