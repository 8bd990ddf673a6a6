import { describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { PlatformError } from '../model/errors.ts';
import { warnings } from './logging.ts';

function lab() {
  const lines: Record<string, unknown>[] = [];
  const time = { now: 0 };
  const sink = { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) };
  return { lines, time, log: warnings(pino({ base: null }, sink), () => time.now) };
}

const away = new PlatformError('STORE_UNAVAILABLE', 'Redis does not answer', { reason: 'unreachable' });

describe('the log of what is worth a look', () => {
  test('an expected failure is told by code, words and reason, without a stack', () => {
    const { log, lines } = lab();
    log('a wake failed', { sessionId: 's1', fault: new PlatformError('NOT_LEADER', 'another leads') });
    expect(lines).toEqual([
      expect.objectContaining({
        msg: 'a wake failed',
        sessionId: 's1',
        code: 'NOT_LEADER',
        why: 'another leads',
      }),
    ]);
    expect(lines[0]).not.toHaveProperty('err');
  });

  test('any other fault keeps its stack', () => {
    const { log, lines } = lab();
    log('odd', { fault: new TypeError('no such thing') });
    expect(lines[0]?.err).toMatchObject({ message: 'no such thing' });
    expect(JSON.stringify(lines[0]?.err)).toContain('logging.test.ts');
  });

  test('a store that is away is told once in ten seconds for the same words, and how often it was left out', () => {
    const { log, lines, time } = lab();
    for (let i = 0; i < 20; i += 1) {
      time.now = i * 1_000;
      log('leases could not be renewed', { fault: away });
    }
    expect(lines.map((line) => line.timesSinceLastSaid)).toEqual([undefined, 9]);
  });

  test('other words, and other failures, are told each time', () => {
    const { log, lines } = lab();
    log('a bid failed', { fault: away });
    log('a wake failed', { fault: away });
    log('a wake failed', { fault: new Error('x') });
    log('a wake failed', { fault: new Error('x') });
    log('said without a fault', {});
    log('said without a fault', {});
    expect(lines).toHaveLength(6);
  });
});
