// Owns: how a delivery becomes the fields of a stream's entry and such fields a delivery, and what is in a ticket.
// Does not own the scripts that move them. What scripts answer is bytes, for a body is not text.
import type { EncodedEvent, NewDelivery } from '../../model/event-queue.ts';

/** All of a delivery but its trigger, lane and body. */
interface Rest
  extends Pick<NewDelivery, 'source' | 'id' | 'type' | 'hops'>, Pick<EncodedEvent, 'mode' | 'headers'> {}

export const restText = ({ source, id, type, hops, event: { mode, headers } }: NewDelivery): string =>
  JSON.stringify({ source, id, type, hops, mode, headers } satisfies Rest);

/** A lane as scripts have it: nothing when there is none, which an empty lane is not. */
export const laneText = (lane: string | undefined): string => (lane === undefined ? '' : `=${lane}`);

/** The bytes as a Buffer, not copied. */
export const bytesOf = ({ buffer, byteOffset, byteLength }: Uint8Array): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);

/** Fields by their names. */
export function fieldsOf(reply: unknown): ReadonlyMap<string, Buffer> {
  const parts = reply as readonly Buffer[];
  const fields = new Map<string, Buffer>();
  for (let at = 0; at + 1 < parts.length; at += 2)
    fields.set(String(parts[at]), parts[at + 1] ?? Buffer.alloc(0));
  return fields;
}

export const fieldText = (fields: ReadonlyMap<string, Buffer>, name: string): string =>
  String(fields.get(name) ?? '');

/** The delivery whose entry has these fields. */
export function deliveryOfFields(fields: ReadonlyMap<string, Buffer>, trigger: string) {
  const lane = fieldText(fields, 'l');
  const { mode, headers, ...rest } = JSON.parse(fieldText(fields, 'h')) as Rest;
  return {
    ...rest,
    trigger,
    ...(lane !== '' && { lane: lane.slice(1) }),
    event: { mode, headers, body: new Uint8Array(fields.get('b') ?? []) },
  };
}

/** What a ticket says, in the order of its lines; the lane, which may have lines of its own, is the last. */
export interface Ticket {
  readonly trigger: string;
  readonly seq: string;
  readonly turn: string;
  readonly at: string;
  readonly size: string;
  readonly lane: string;
}

export const ticketText = ({ trigger, seq, turn, at, size, lane }: Ticket): string =>
  [trigger, seq, turn, at, size, lane].join('\n');

/** Undefined for a text that is no ticket. */
export function ticketOf(text: string): Ticket | undefined {
  const [trigger, seq, turn, at, size, ...lane] = text.split('\n');
  if (trigger === undefined || seq === undefined || turn === undefined) return undefined;
  if (at === undefined || size === undefined || !/^\d{1,15}$/.test(seq)) return undefined;
  return { trigger, seq, turn, at, size, lane: lane.join('\n') };
}
