// How many events a second one process makes durable, posted one by one and in batches, against how often the same process answers
// an empty 202 to the same post of one event. wrk, in turns, the better rounds of each, for others use the machine and its disk
// meanwhile; the queue is SQLite's, on this machine's disk.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { eventLatencyFigures } from './event-latency.ts';
import { beside } from './support/process.ts';
import { quantile, type Figure } from './table.ts';

const loads = 6;
const loadSeconds = 2;
/** Enough that a commit, which waits for the disk, is shared by many events; a batch brings many by itself. */
const connections = { single: 256, batch: 32 };
const perBatch = 50;
const events = '/v1/namespaces/default/events';

/** About a kilobyte as a structured event. */
const eventOf = (n: number) => ({
  specversion: '1.0',
  id: `f81d4fae-7dec-11d0-a765-${String(n).padStart(12, '0')}`,
  source: 'https://git.example/agents',
  type: 'com.example.issue.opened',
  subject: `issue/${n}`,
  time: '2026-01-02T03:04:05.678Z',
  datacontenttype: 'application/json',
  data: { title: 'Pools are too large at night', number: n, labels: ['pools', 'bug'], body: 'x'.repeat(680) },
});

interface Post {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const structured = { 'Content-Type': 'application/cloudevents+json' };
const batched = { 'Content-Type': 'application/cloudevents-batch+json' };
const one = JSON.stringify(eventOf(1));

const { data, datacontenttype, ...attributes } = eventOf(1);
const inHeaders = Object.entries(attributes).map(([name, value]) => [`ce-${name}`, value] as const);

const posts = {
  empty: { path: '/empty', headers: structured, body: one },
  structured: { path: events, headers: structured, body: one },
  binary: {
    path: events,
    headers: { ...Object.fromEntries(inHeaders), 'Content-Type': datacontenttype },
    body: JSON.stringify(data),
  },
  batch: {
    path: events,
    headers: batched,
    body: JSON.stringify(Array.from({ length: perBatch }, (_, n) => eventOf(n))),
  },
} satisfies Record<string, Post>;

const lua = ({ headers, body }: Post): string =>
  [
    'wrk.method = "POST"',
    `wrk.body = [==[${body}]==]`,
    ...Object.entries(headers).map(
      ([name, value]) => `wrk.headers[${JSON.stringify(name)}] = ${JSON.stringify(value)}`,
    ),
  ].join('\n');

/** Requests per second. Throws when wrk is missing or any answer was no success. */
function rateOf(port: number, folder: string, name: keyof typeof posts): number {
  const script = path.join(folder, `${name}.lua`);
  writeFileSync(script, lua(posts[name]));
  const url = `http://127.0.0.1:${port}${posts[name].path}`;
  const out = execFileSync('wrk', [
    '-t1',
    `-c${name === 'batch' ? connections.batch : connections.single}`,
    `-d${loadSeconds}`,
    `--timeout`,
    '10s',
    '-s',
    script,
    url,
  ]).toString();
  const rate = /Requests\/sec:\s+([\d.]+)/.exec(out)?.[1];
  if (rate === undefined || /Non-2xx|Socket errors/.test(out)) throw new Error(`wrk: ${out}`);
  return Number(rate);
}

const names = Object.keys(posts) as (keyof typeof posts)[];

function figure(what: string, bound: number, ours: readonly number[], reference: readonly number[]): Figure {
  const [rate, against] = [quantile(ours, 0.8), quantile(reference, 0.8)];
  const seen = `${Math.round(rate)} against ${Math.round(against)} a second (empty 202)`;
  return { what: `events made durable, ${what}`, sense: 'at least', bound, ratio: rate / against, seen };
}

/** The figures of events, until they are stored and until they are handled. */
export const eventFigures = async (): Promise<Figure[]> => [
  ...(await ingressFigures()),
  ...(await eventLatencyFigures()),
];

async function ingressFigures(): Promise<Figure[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'agentcube-bench-events-'));
  const program = path.join(import.meta.dirname, 'support/ingress-process.ts');
  const ingress = await beside(process.execPath, [program, folder]);
  const rates = { empty: [], structured: [], binary: [], batch: [] } as Record<keyof typeof posts, number[]>;
  try {
    for (const name of names) rateOf(Number(ingress.line), folder, name);
    for (let load = 0; load < loads; load += 1)
      for (const name of names) rates[name].push(rateOf(Number(ingress.line), folder, name));
  } finally {
    await ingress.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  const batches = rates.batch.map((rate) => rate * perBatch);
  return [
    figure('one by one, structured', 0.33, rates.structured, rates.empty),
    figure('one by one, binary', 0.33, rates.binary, rates.empty),
    figure(`in batches of ${perBatch}`, 3, batches, rates.empty),
  ];
}
