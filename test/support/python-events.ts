// The CloudEvents SDK for Python, as published and unmodified: where it is, and events that are sent with it.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { text } from 'node:stream/consumers';

const repository = path.resolve(import.meta.dirname, '../..');
const script = path.join(repository, 'test/conformance/python/events.py');

/** A Python that has the SDK; made on first use, and a machine where that fails fails the suite. */
export const findEventsPython = (): string =>
  execFileSync(path.join(repository, '.ci/python-events'), {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  }).trim();

/** What was sent, and how it was answered. */
export interface Sent {
  readonly mode: 'binary' | 'structured' | 'batch';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Attributes, and data: a text, JSON, or `{base64}`. */
export type GivenEvent = readonly [attributes: Readonly<Record<string, unknown>>, data: unknown];

/** Sends each event in binary and in structured mode, and all in a batch. Rejects when the script fails. */
export async function sendWithPython(
  python: string,
  url: string,
  events: readonly GivenEvent[],
): Promise<readonly Sent[]> {
  const child = spawn(python, [script, url], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { PATH: process.env.PATH, PYTHONDONTWRITEBYTECODE: '1', NO_PROXY: '*' },
  });
  child.stdin.end(JSON.stringify(events));
  const [out] = await Promise.all([text(child.stdout), once(child, 'close')]);
  if (child.exitCode !== 0) throw new Error(`events.py ended with ${child.exitCode}`);
  const lines = out.split('\n').filter(Boolean);
  return lines.map((line) => {
    const sent = JSON.parse(line) as Omit<Sent, 'body'> & { readonly body: string };
    return { ...sent, body: Buffer.from(sent.body, 'base64') };
  });
}
