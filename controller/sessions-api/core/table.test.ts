// How sessions look to Kubernetes: as objects, as the table that kubectl prints, and as metadata alone.
import { describe, expect, test } from '@jest/globals';
import { sessionIn, second, t0, hour } from '../../../test/support/sessions.ts';
import { sessionObjectSchema } from './schema.ts';
import { sessionObject } from './session-object.ts';
import { bookmarkObject, many, one } from './table.ts';

const use = { lastActivityAt: t0, leasedUntil: 0 };
const reading = { now: t0 + 90 * second, resourceVersion: '7' };

interface Table {
  readonly kind: string;
  readonly columnDefinitions: readonly { readonly name: string; readonly priority: number }[];
  readonly rows: readonly { readonly cells: readonly string[]; readonly object?: Record<string, unknown> }[];
}

const tableOf = (value: object): Table => value as Table;

describe('a session as an object', () => {
  test('is named by its id, in the namespace of its runtime, and finds itself by AgentCube’s labels', () => {
    const session = sessionIn('paused', { labels: { team: 'a' }, ownerId: 'alice' });
    expect(sessionObject({ session, use }, '7')).toEqual({
      apiVersion: 'agentcube.volcano.sh/v1alpha1',
      kind: 'Session',
      metadata: {
        name: 'session-1',
        namespace: 'default',
        uid: 'session-1',
        resourceVersion: '7',
        creationTimestamp: '2023-11-14T22:13:20Z',
        labels: {
          team: 'a',
          'runtime.agentcube.io/session-id': 'session-1',
          'runtime.agentcube.io/workload-name': 'python',
        },
      },
      spec: {
        runtime: { kind: 'CodeInterpreter', name: 'python' },
        revision: 'r1',
        owner: 'alice',
        pauseAfter: '30s',
        sessionTimeout: '15m0s',
        maxSessionDuration: '8h0m0s',
      },
      status: {
        state: 'paused',
        stateSince: '2023-11-14T22:13:20.000Z',
        generation: 1,
        sandbox: { id: 'sandbox-of-session-1', name: 'python-sandbox-of-session-1' },
        lastActivityAt: '2023-11-14T22:13:20.000Z',
        expiresAt: '2023-11-14T22:28:20.000Z',
      },
    });
  });

  test.each(['creating', 'running', 'paused', 'suspended', 'ending', 'ended'] as const)(
    'keeps to its own schema when %s',
    (state) => {
      const object = sessionObject({ session: sessionIn(state), use }, '7');
      expect(sessionObjectSchema.parse(object)).toEqual(object);
    },
  );

  test('says why it ended, and counts as being deleted from then on', () => {
    const reason = { kind: 'failed', why: 'ImagePullBackOff' } as const;
    const { metadata, status } = sessionObject({ session: sessionIn({ kind: 'ended', reason }), use }, '7');
    expect(metadata.deletionTimestamp).toBe('2023-11-14T22:13:20Z');
    expect(status).toMatchObject({ state: 'ended', reason: 'failed: ImagePullBackOff' });
    expect(status.expiresAt).toBeUndefined();
  });

  test('says what became of its last sandbox (S4)', () => {
    const files = { id: 'sandbox-1', name: 'python-1' };
    const session = sessionIn({ kind: 'suspended', files, lost: 'out of memory' });
    expect(sessionObject({ session, use }, '7').status.reason).toBe('out of memory');
  });

  test('says nothing of its use where only the session is known', () => {
    const { status } = sessionObject({ session: sessionIn('running') }, '7');
    expect(status).not.toHaveProperty('lastActivityAt');
    expect(status).not.toHaveProperty('expiresAt');
  });
});

describe('a table of sessions', () => {
  const rows = (shown: Parameters<typeof one>[0], rowObject: 'None' | 'Metadata' | 'Object' = 'None') =>
    tableOf(one(shown, reading, { form: 'table', rowObject })).rows;

  test('has a cell for each column', () => {
    const table = tableOf(
      one({ session: sessionIn('paused'), use }, reading, { form: 'table', rowObject: 'None' }),
    );
    const [row] = table.rows;
    const byColumn = table.columnDefinitions.map(({ name }, index) => [name, row?.cells[index]]);
    expect(Object.fromEntries(byColumn)).toEqual({
      Name: 'session-1',
      State: 'paused',
      Runtime: 'python',
      Owner: '',
      Idle: '90s',
      Age: '90s',
      Reason: '',
      Kind: 'CodeInterpreter',
      Since: '90s',
      Sandbox: 'python-sandbox-of-session-1',
    });
  });

  test('a session under a living lease is not idle (S2)', () => {
    const leased = { lastActivityAt: t0, leasedUntil: t0 + hour };
    expect(rows({ session: sessionIn('running'), use: leased })[0]?.cells[4]).toBe('0s');
  });

  test('carries of each object what was asked for', () => {
    const shown = { session: sessionIn('running'), use };
    expect(rows(shown, 'None')[0]).not.toHaveProperty('object');
    expect(rows(shown, 'Metadata')[0]?.object).toMatchObject({ kind: 'PartialObjectMetadata' });
    expect(rows(shown, 'Object')[0]?.object).toMatchObject({ kind: 'Session', spec: { revision: 'r1' } });
  });
});

describe('lists and bookmarks', () => {
  const shown = [{ session: sessionIn('running'), use }];

  test.each([
    ['objects', 'SessionList', 'Session'],
    ['metadata', 'PartialObjectMetadataList', 'PartialObjectMetadata'],
    ['table', 'Table', 'Table'],
  ] as const)('%s', (form, listKind, bookmarkKind) => {
    const presentation = { form, rowObject: 'Metadata' } as const;
    expect(many(shown, reading, presentation, 'next')).toMatchObject({
      kind: listKind,
      metadata: { resourceVersion: '7', continue: 'next' },
    });
    expect(bookmarkObject(reading, presentation, true)).toMatchObject({
      kind: bookmarkKind,
      metadata: { resourceVersion: '7', annotations: { 'k8s.io/initial-events-end': 'true' } },
    });
  });

  test('the last page names no other, and a bookmark on the way says nothing of the beginning', () => {
    const presentation = { form: 'objects', rowObject: 'Metadata' } as const;
    expect(many(shown, reading, presentation)).not.toHaveProperty('metadata.continue');
    expect(bookmarkObject(reading, presentation, false)).not.toHaveProperty('metadata.annotations');
  });
});
