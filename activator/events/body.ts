// Reads the body of a request as a whole, within a bound of bytes and of time. Does not own what it means.
// What is refused is read to its end and thrown away for a while, so that the caller gets to see the answer.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../model/clock.ts';
import { PlatformError } from '../../model/errors.ts';

export interface BodyLimits {
  readonly maxBytes: number;
  /** How long all of it may take to come. */
  readonly patienceMs: number;
}

/** What a caller may send in vain before its connection is closed. */
const thrownAway = 32 * 2 ** 20;
const throwingMs = 5_000;

const tooLarge = (maxBytes: number): PlatformError =>
  new PlatformError('EVENT_TOO_LARGE', `the body has more than ${maxBytes} bytes`);

/** The length that a request announces; undefined when it does not say. */
export function announcedLength({ headers }: IncomingMessage): number | undefined {
  const length = headers['content-length'];
  return length === undefined ? undefined : Number(length);
}

/** Lets the rest of a body come that nobody reads, for a while. */
export function discard(req: IncomingMessage, clock: Clock): void {
  if (req.complete || req.destroyed) return;
  let bytes = 0;
  const cancel = clock.after(throwingMs, () => req.destroy());
  req.on('close', cancel);
  req.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > thrownAway) req.destroy();
  });
}

/**
 * Rejects with EVENT_TOO_LARGE, or INVALID_REQUEST when the body breaks off or takes too long. A caller that asks first whether to
 * send it (`Expect: 100-continue`) is told to.
 */
export function readBody(
  req: IncomingMessage,
  res: ServerResponse,
  { maxBytes, patienceMs }: BodyLimits,
  clock: Clock,
): Promise<Buffer> {
  if ((announcedLength(req) ?? 0) > maxBytes) return Promise.reject(tooLarge(maxBytes));
  if (req.headers.expect !== undefined) res.writeContinue();
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const end = (): void => {
      cancel();
      req.off('data', take).off('end', whole).off('close', broken);
    };
    const fail = (error: PlatformError): void => {
      end();
      reject(error);
    };
    const take = (chunk: Buffer): void => {
      bytes += chunk.length;
      if (bytes > maxBytes) fail(tooLarge(maxBytes));
      else chunks.push(chunk);
    };
    const whole = (): void => {
      end();
      const [only] = chunks;
      resolve(only !== undefined && chunks.length === 1 ? only : Buffer.concat(chunks));
    };
    const broken = (): void => fail(new PlatformError('INVALID_REQUEST', 'the body broke off'));
    const late = (): void => fail(new PlatformError('INVALID_REQUEST', 'the body took too long to come'));
    const cancel = clock.after(patienceMs, late);
    req.on('data', take).on('end', whole).on('close', broken);
  });
}
