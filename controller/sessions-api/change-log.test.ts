// The log of changes: versions grow, going on from one misses nothing, and what cannot be known is not passed over.
import { describe, expect, test } from '@jest/globals';
import { createSessionBus } from '../../adapters/memory/session-bus.ts';
import { manualClock } from '../../test/support/manual-clock.ts';
import { sessionIn } from '../../test/support/sessions.ts';
import { ChangeLog } from './change-log.ts';

function lab(salt = 7, length = 3) {
  const clock = manualClock();
  const bus = createSessionBus(() => undefined);
  const log = new ChangeLog({ feed: bus, clock, salt, length });
  const change = (...ids: string[]): void => ids.forEach((id) => bus.publish(sessionIn('running', { id })));
  const idsSince = (version: string) => log.since(version)?.map(({ session }) => session.id);
  return { clock, bus, log, change, idsSince };
}

describe('going on from a version', () => {
  test('tells what came after it, in order', () => {
    const { log, change, idsSince } = lab();
    const start = log.version;
    change('a', 'b');
    const middle = log.version;
    change('c');
    expect(idsSince(start)).toEqual(['a', 'b', 'c']);
    expect(idsSince(middle)).toEqual(['c']);
    expect(idsSince(log.version)).toEqual([]);
  });

  test('is refused once changes after it were forgotten', () => {
    const { log, change, idsSince } = lab();
    const start = log.version;
    change('a', 'b', 'c', 'd');
    expect(idsSince(start)).toBeUndefined();
    expect(idsSince(log.version)).toEqual([]);
  });

  test('is refused for versions before a gap, and possible from after it', () => {
    const { bus, log, change, idsSince } = lab();
    change('a');
    const before = log.version;
    bus.announceGap();
    expect(idsSince(before)).toBeUndefined();
    const after = log.version;
    change('b');
    expect(idsSince(after)).toEqual(['b']);
  });

  test.each(['', 'x', '-1', '1.5', '9007199254740993'])('is refused for %j', (version) => {
    expect(lab().idsSince(version)).toBeUndefined();
  });

  test('is refused for the version of another program, and for one from before this one began', async () => {
    const { clock, log } = lab();
    const other = lab(8).log;
    expect(log.since(other.version)).toBeUndefined();
    await clock.advance(1_000);
    const successor = new ChangeLog({ feed: createSessionBus(() => undefined), clock, salt: 7 });
    expect(successor.since(log.version)).toBeUndefined();
  });
});

describe('versions', () => {
  test('grow with each change, however many there are in a millisecond, and with time', async () => {
    const { clock, log, change } = lab();
    const seen = [Number(log.version)];
    const note = (): unknown => seen.push(Number(log.version));
    change('a');
    note();
    change('b');
    note();
    await clock.advance(10);
    change('c');
    note();
    expect(seen).toEqual([...new Set(seen)].sort((a, b) => a - b));
    expect(seen.every(Number.isSafeInteger)).toBe(true);
  });
});

test('who listens hears changes and gaps until it stops', () => {
  const { bus, log, change } = lab();
  const heard: string[] = [];
  const stop = log.listen({
    onChange: ({ session, version }) => heard.push(`${session.id} ${String(version === log.version)}`),
    onGap: () => heard.push('gap'),
  });
  change('a');
  bus.announceGap();
  stop();
  change('b');
  expect(heard).toEqual(['a true', 'gap']);
});
