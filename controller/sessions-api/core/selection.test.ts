// Which sessions a request is about, and what a watch of them says of a change.
import { describe, expect, test } from '@jest/globals';
import { PlatformError } from '../../../model/errors.ts';
import { stateKinds } from '../../../model/session.ts';
import { moved, sessionIn } from '../../../test/support/sessions.ts';
import { concerns, parseFields, parseLabels, selects, statesOf, type Selection } from './selection.ts';
import { Watched } from './watched.ts';

const selection = (labels = '', fields = '', namespace?: string): Selection => ({
  ...(namespace !== undefined && { namespace }),
  labels: parseLabels(labels),
  fields: parseFields(fields),
});

describe('label selectors', () => {
  const session = sessionIn('running', { labels: { app: 'web', tier: 'front' } });

  test.each([
    ['app=web', true],
    ['app==web,tier=front', true],
    ['app=db', false],
    ['app!=db', true],
    ['missing!=x', true],
    ['app in (web, db),tier', true],
    ['app notin (web, db)', false],
    ['missing notin (x)', true],
    ['!missing', true],
    ['!app', false],
    ['missing', false],
    ['runtime.agentcube.io/workload-name=python', true],
    ['runtime.agentcube.io/session-id=session-1', true],
    ['constructor', false],
  ])('%s', (text, is) => {
    expect(selects(selection(text), session)).toBe(is);
  });

  test.each(['a=b=c', 'app in web', '=x', 'a,,b=(', 'app > 1'])('%s is refused', (text) => {
    expect(() => parseLabels(text)).toThrow(PlatformError);
  });
});

describe('field selectors', () => {
  const session = sessionIn('paused', { ownerId: 'alice' });

  test.each([
    ['metadata.name=session-1', true],
    ['metadata.name!=session-1', false],
    ['metadata.namespace=default,spec.runtime.name=python', true],
    ['spec.runtime.kind=AgentRuntime', false],
    ['spec.owner=alice', true],
    ['status.state=paused', true],
    ['status.state!=paused', false],
  ])('%s', (text, is) => {
    expect(selects(selection('', text), session)).toBe(is);
  });

  test('a field by which nothing is looked up is refused, and the message names the others', () => {
    expect(() => parseFields('spec.image=x')).toThrow(/field label not supported: spec.image.*status\.state/);
  });
});

describe('sessions that ended', () => {
  const ended = sessionIn('ended');

  test.each([
    ['', false],
    ['status.state!=running', false],
    ['status.state!=ended', false],
    ['status.state=ended', true],
  ])('are among those of %j: %s', (fields, is) => {
    expect(selects(selection('', fields), ended)).toBe(is);
  });

  test('everything else is shown by default', () => {
    expect(statesOf(selection())).toEqual(stateKinds.filter((kind) => kind !== 'ended'));
  });
});

test('another namespace is another’s business', () => {
  expect(concerns(selection('', '', 'default'), sessionIn('running'))).toBe(true);
  expect(concerns(selection('', '', 'other'), sessionIn('running'))).toBe(false);
});

describe('what a watch says', () => {
  const opened = sessionIn('creating');
  const running = moved(opened, 'running');
  const paused = moved(running, 'paused');
  const gone = moved(paused, 'ended');
  const say = (watched: Watched, ...sessions: (typeof opened)[]) => sessions.map((one) => watched.tell(one));

  test('a life: added, modified, deleted', () => {
    expect(say(new Watched(selection()), opened, running, paused, gone)).toEqual([
      'ADDED',
      'MODIFIED',
      'MODIFIED',
      'DELETED',
    ]);
  });

  test('whoever begins in the middle has the session from elsewhere', () => {
    expect(say(new Watched(selection()), paused, gone)).toEqual(['MODIFIED', 'DELETED']);
  });

  test('one that it began with and that ends is deleted', () => {
    const watched = new Watched(selection());
    watched.begin(running);
    expect(say(watched, gone)).toEqual(['DELETED']);
  });

  test('a session that is selected by its state comes and goes with it', () => {
    const watched = new Watched(selection('', 'status.state=paused'));
    const again = moved(moved(paused, 'running'), 'paused');
    expect(say(watched, opened, running, paused, moved(paused, 'running'), again)).toEqual([
      undefined,
      undefined,
      'ADDED',
      'DELETED',
      'ADDED',
    ]);
  });

  test('one that was selected when somebody else listed it, and is not any more, is deleted once', () => {
    const watched = new Watched(selection('', 'status.state=running'));
    expect(say(watched, paused, moved(paused, 'suspending'))).toEqual(['DELETED', undefined]);
  });

  test('of sessions of others it says nothing', () => {
    expect(say(new Watched(selection('', '', 'other')), opened, gone)).toEqual([undefined, undefined]);
  });
});
