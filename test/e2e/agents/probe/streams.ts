// What stays open: server-sent events, and a WebSocket made by hand that echoes and says something now and then.
import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

const tickMs = 500;

/** A numbered event now and every half second, until the caller goes. */
export function events(_request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  let number = 0;
  const tick = (): void => void response.write(`data: ${(number += 1)}\n\n`);
  tick();
  const ticking = setInterval(tick, tickMs);
  response.on('close', () => clearInterval(ticking));
}

/** RFC 6455 section 1.3. */
const acceptOf = (key: string): string =>
  createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');

const opcodes = { text: 1, close: 8 } as const;

/** One unmasked, unfragmented frame with fewer than 126 bytes. */
const frame = (opcode: number, payload: Buffer): Buffer =>
  Buffer.concat([Buffer.from([0x80 | opcode, payload.length]), payload]);

/** The first masked frame with fewer than 126 bytes; undefined while it is incomplete. */
function unframe(bytes: Buffer): { opcode: number; payload: Buffer; size: number } | undefined {
  const length = (bytes[1] ?? 0) & 0x7f;
  const size = 6 + length;
  if (bytes.length < size) return undefined;
  const mask = bytes.subarray(2, 6);
  const payload = bytes.subarray(6, size).map((byte, index) => byte ^ (mask[index % 4] ?? 0));
  return { opcode: (bytes[0] ?? 0) & 0x0f, payload: Buffer.from(payload), size };
}

/** Accepts, echoes text, closes when asked to. */
export function upgrade(request: IncomingMessage, socket: Duplex): void {
  const key = request.headers['sec-websocket-key'] ?? '';
  const head = ['HTTP/1.1 101 Switching Protocols', 'upgrade: websocket', 'connection: Upgrade'];
  socket.write([...head, `sec-websocket-accept: ${acceptOf(key)}`, '', ''].join('\r\n'));
  let pending: Buffer = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk]);
    for (let found = unframe(pending); found; found = unframe(pending)) {
      pending = pending.subarray(found.size);
      socket.write(frame(found.opcode, found.payload));
      if (found.opcode === opcodes.close) socket.end();
    }
  });
  const ticking = setInterval(() => socket.write(frame(opcodes.text, Buffer.from('tick'))), tickMs);
  socket.on('close', () => clearInterval(ticking));
  socket.on('error', () => socket.destroy());
}
