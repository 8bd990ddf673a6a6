// The examples that events call, deployed as `npm start` deploys them: what is remembered of an issue, asleep or not, and
// what was accepted before kill -9; a tick that is sent by hand, for the time of day is nothing to wait for in a test.
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { agentUrl, call, callOk, sessionHeader, until, untilState } from '../support/client.ts';
import { startPlatform, type Platform } from '../support/platform.ts';

jest.setTimeout(180_000);

let platform: Platform;

beforeAll(async () => {
  platform = await startPlatform();
});
afterAll(() => platform.dispose());

const eventsUrl = (): string => `${platform.activatorUrl}/v1/namespaces/default/events`;

interface Sent {
  /** Of the event, `specversion` aside. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly data?: unknown;
}

/** A binary event; answers the status. */
async function send({ attributes, data }: Sent): Promise<number> {
  const named = Object.entries(attributes).map(([name, value]) => [`ce-${name}`, value]);
  const headers = { 'ce-specversion': '1.0', ...(Object.fromEntries(named) as Sent['attributes']) };
  const answer = await call('POST', eventsUrl(), { headers, ...(data !== undefined && { body: data }) });
  return answer.status;
}

const happened = (what: string, issue: string, id: string, data: object): Sent => ({
  attributes: { id, type: `com.example.issue.${what}`, source: '/my/repository', subject: issue },
  data,
});

interface Listed {
  readonly items: readonly { readonly sessionId: string; readonly runtime: { readonly name: string } }[];
}

/** What each session of an agent answers, and which session it is. */
async function sessionsOf<T>(agent: string): Promise<(T & { readonly session: string })[]> {
  const { items } = await callOk<Listed>('GET', `${platform.controlUrl}/v1/sessions?limit=500`);
  const mine = items.filter(({ runtime }) => runtime.name === agent).map(({ sessionId }) => sessionId);
  return Promise.all(
    mine.map(async (session) => {
      const headers = { [sessionHeader]: session };
      return { ...(await callOk<T>('GET', agentUrl(platform, agent), { headers })), session };
    }),
  );
}

interface Known {
  readonly issue: string;
  readonly events: number;
  readonly seen: readonly string[];
  readonly labels: readonly string[];
}

/** What is known of an issue, once so many events of it are; rejects when two sessions know of it. */
async function untilKnown(issue: string, events: number) {
  const ask = async () => (await sessionsOf<Known>('event-agent')).filter((known) => known.issue === issue);
  const known = await until(issue, ask, (found) => (found[0]?.events ?? 0) >= events);
  expect(known).toHaveLength(1);
  return known[0]!;
}

test('each issue has a session, which remembers what it was told, asleep meanwhile or not', async () => {
  await send(happened('opened', 'issue/1', '1', { title: 'Login fails' }));
  await send(happened('opened', 'issue/2', '2', { title: 'A typo in the readme' }));
  const first = await untilKnown('issue/1', 1);
  const other = await untilKnown('issue/2', 1);
  expect(first).toMatchObject({ seen: ['opened'], labels: ['bug'] });
  expect(other).toMatchObject({ seen: ['opened'], labels: ['docs'] });
  await untilState(platform, first.session, 'paused');
  await send(happened('commented', 'issue/1', '3', { text: 'It shows my password' }));
  expect(await untilKnown('issue/1', 2)).toEqual({
    ...{ issue: 'issue/1', events: 2, seen: ['opened', 'commented'], labels: ['bug', 'security'] },
    session: first.session,
  });
});

test('an event that comes twice counts once, whichever form it has', async () => {
  const event = happened('opened', 'issue/3', '4', { title: 'A crash' });
  await send(event);
  const headers = { 'content-type': 'application/cloudevents+json' };
  const body = JSON.stringify({ specversion: '1.0', ...event.attributes, data: event.data });
  expect((await call('POST', eventsUrl(), { headers, body })).status).toBe(202);
  await send(happened('commented', 'issue/3', '5', {}));
  expect(await untilKnown('issue/3', 2)).toMatchObject({ seen: ['opened', 'commented'] });
});

test('a tick wakes the agent of the night, in the same session each time, and counts once', async () => {
  const source = '/apis/eventing.agentcube.volcano.sh/v1alpha1/namespaces/default/triggers/nightly';
  const tick = (time: string): Sent => ({
    attributes: { id: `by-hand/${time}`, type: 'com.example.nightly', source, time },
  });
  for (const night of ['11-21', '11-21', '11-22'])
    expect(await send(tick(`2026-${night}T03:00:00Z`))).toBe(202);
  interface Nights {
    readonly ticks: number;
    readonly reports: readonly string[];
  }
  const nights = await until(
    'both nights',
    () => sessionsOf<Nights>('nightly'),
    (found) => found[0]?.ticks === 2,
  );
  expect(nights).toHaveLength(1);
  expect(nights[0]?.reports).toEqual(['report-20261121T0300.txt', 'report-20261122T0300.txt']);
});

test('what was accepted before kill -9 is handled after it', async () => {
  // A sandbox that is yet to be started takes longer than a signal.
  const issues = ['issue/10', 'issue/11', 'issue/12', 'issue/1'];
  const sent = issues.map((issue) => send(happened('opened', issue, `before ${issue}`, {})));
  expect(await Promise.all(sent)).toEqual(issues.map(() => 202));
  await platform.kill('SIGKILL');
  platform = await startPlatform({ dataDir: platform.dataDir });
  for (const issue of issues.slice(0, 3)) expect((await untilKnown(issue, 1)).seen).toEqual(['opened']);
  // Its memory outlived the platform.
  expect(await untilKnown('issue/1', 3)).toMatchObject({ seen: ['opened', 'commented', 'opened'] });
});
