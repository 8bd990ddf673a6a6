// An event for each of many sleeping sessions at once: all are handled once, a few wakes at a time, and callers over HTTP go on.
// E2E_EVENT_STORM=1000 makes it a thousand sessions, which takes 15 GB of memory and some minutes. How long calls take is told, not judged:
// `npm run bench -- storm` does that.
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { quantile } from '../bench/table.ts';
import { numberFrom, upTo } from '../support/crowd.ts';
import { Storm, type Calls } from '../support/storm/storm.ts';

const sessions = numberFrom('E2E_EVENT_STORM', 40);
const callers = 4;
const mostWakes = 5;
const storms = 2;

jest.setTimeout(3_600_000);

let storm: Storm;

beforeAll(async () => {
  storm = await Storm.gather(sessions, callers, { args: ['--max-event-wakes', String(mostWakes)] });
});
afterAll(() => storm.dispose());

const told = (calls: Calls): string =>
  [0.5, 0.99].map((share) => `p${share * 100} ${quantile(calls, share).toFixed(2)} ms`).join(', ');

test('each is handled once, in its session, and no more wake at once than may', async () => {
  for (const round of upTo(storms)) {
    const quiet = await storm.quiet(1_000);
    const seen = await storm.strike();
    expect([seen.wakes, seen.mostWaking <= mostWakes]).toEqual([sessions, true]);
    const ratio = quantile(seen.calls, 0.5) / quantile(quiet, 0.5);
    console.log(
      `storm ${round + 1}: ${sessions} sessions in ${Math.round(seen.tookMs)} ms; ` +
        `calls: ${told(seen.calls)} (${ratio.toFixed(2)} ×), without: ${told(quiet)}`,
    );
    await storm.calm();
  }
  const handled = (await storm.handled()).sort();
  const expected = upTo(sessions).map((n) => upTo(storms + 1).map((round) => `${n}.${round}`));
  expect(handled).toEqual(expected.sort());
});
