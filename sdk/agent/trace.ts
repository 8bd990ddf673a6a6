// Owns: W3C trace context: read from a request, passed on to what the agent calls.
// https://www.w3.org/TR/trace-context/. Records nothing: whoever traces reads the ids.
import { randomBytes } from 'node:crypto';

/** The trace that a turn belongs to. */
export interface Trace {
  /** 32 hexadecimal digits: the caller's, or new ones when it sent none. */
  readonly traceId: string;
  /** 16 hexadecimal digits: of this turn. */
  readonly spanId: string;
  /** Of the caller; undefined when the trace begins here. */
  readonly parentId: string | undefined;
  readonly sampled: boolean;
  /** What to send with calls of the agent's own: `traceparent`, and `tracestate` when the caller sent one. */
  readonly headers: Readonly<Record<string, string>>;
}

const form = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** A later version may have more fields; version ff is none, and version 00 has exactly four. */
function parse(traceparent: string | null) {
  const [, version = 'ff', traceId = '', parentId = '', flags = '', more] =
    form.exec(traceparent ?? '') ?? [];
  const wrong = version === 'ff' || (version === '00' && more !== undefined);
  if (wrong || /^0+$/.test(traceId) || /^0+$/.test(parentId)) return undefined;
  return { traceId, parentId, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** The trace of a request with these headers; a new one where `traceparent` is missing or malformed. */
export function traceOf(headers: Headers, random: (bytes: number) => Uint8Array = randomBytes): Trace {
  const came = parse(headers.get('traceparent'));
  const traceId = came?.traceId ?? hex(random(16));
  const spanId = hex(random(8));
  const sampled = came?.sampled ?? false;
  const state = came && headers.get('tracestate');
  return {
    traceId,
    spanId,
    parentId: came?.parentId,
    sampled,
    headers: {
      traceparent: `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`,
      ...(state && { tracestate: state }),
    },
  };
}
