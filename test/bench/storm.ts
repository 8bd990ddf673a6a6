// How long callers over HTTP wait in warm sessions of their own while as many sleeping sessions as the environment's BENCH_EVENT_STORM
// says, 200 when it says nothing, get an event each at once, against the same callers without, in turns. One machine, one process.
import { numberFrom } from '../support/crowd.ts';
import { Storm } from '../support/storm/storm.ts';
import { latencyFigures, type Figure } from './table.ts';

const sessions = numberFrom('BENCH_EVENT_STORM', 200);
const callers = 4;
const rounds = 6;
const quietMs = 2_000;

/** The figures of a storm of events. */
export async function stormFigures(): Promise<Figure[]> {
  const storm = await Storm.gather(sessions, callers);
  const during: number[] = [];
  const without: number[] = [];
  let tookMs = 0;
  try {
    for (let round = 0; round < rounds; round += 1) {
      without.push(...(await storm.quiet(quietMs)));
      const seen = await storm.strike();
      during.push(...seen.calls);
      tookMs += seen.tookMs;
      await storm.calm();
    }
  } finally {
    await storm.dispose();
  }
  const pace = Math.round((sessions * rounds * 1_000) / tookMs);
  const what = `calls over HTTP while events wake ${sessions} sleeping sessions`;
  return latencyFigures(what, during, without, `without; ${pace} wakes a second`, { p50: 2, p99: 2 });
}
