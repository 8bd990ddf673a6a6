// Looks at the stream of deliveries and at the dead letters of a namespace, as any client does. Does not own what is expected of them.
import { callOk } from './client.ts';

/** A try, as far as tests look at it. */
export interface Delivery {
  readonly trigger: string;
  readonly event: { readonly id: string };
  /** The activator that tried. */
  readonly by: string;
  readonly tries: number;
  readonly result: string;
  readonly status?: number;
  readonly sessionId?: string;
}

export interface Looking {
  /** The last try of an event that was told so far. */
  last(id: string): Delivery | undefined;
  stop(): void;
}

async function read(text: ReadableStream<string>, onLine: (line: string) => void): Promise<void> {
  let rest = '';
  for await (const part of text) {
    const lines = `${rest}${part}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') onLine(line);
  }
}

/** Listens from when it resolves until it is stopped; what goes wrong with the stream in between fails the test run. */
export async function lookAtDeliveries(controlUrl: string, namespace: string): Promise<Looking> {
  const end = new AbortController();
  const told: Delivery[] = [];
  const url = `${controlUrl}/v1/namespaces/${namespace}/deliveries?watch=1`;
  const { body, status } = await fetch(url, { signal: end.signal });
  if (status !== 200 || !body) throw new Error(`${url} answered ${status}`);
  const text = body.pipeThrough(new TextDecoderStream());
  void read(text, (line) => told.push(JSON.parse(line) as Delivery)).catch((fault: unknown) => {
    if (!end.signal.aborted) throw fault;
  });
  return { last: (id) => told.findLast(({ event }) => event.id === id), stop: () => end.abort() };
}

export interface DeadLetter {
  readonly id: string;
  readonly trigger: string;
  readonly event: { readonly id: string };
  readonly tries: number;
  readonly error: { readonly code: number; readonly data?: string };
}

export const deadLettersUrl = (controlUrl: string, namespace: string): string =>
  `${controlUrl}/v1/namespaces/${namespace}/dead-letters`;

/** The dead letters of a trigger, the oldest first. */
export async function deadLettersOf(
  controlUrl: string,
  namespace: string,
  trigger: string,
): Promise<readonly DeadLetter[]> {
  const url = `${deadLettersUrl(controlUrl, namespace)}?trigger=${trigger}`;
  return (await callOk<{ readonly items: readonly DeadLetter[] }>('GET', url)).items;
}
