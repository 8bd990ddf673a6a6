// A chaos run of events from its first program to its verdict: events flow and programs are killed until all are dealt with, then
// everything heals, what became of each event is written down, and the checker reads it. Does not own the command line (../main.ts).
import { setTimeout as sleep } from 'node:timers/promises';
import type { Violation } from '../checks/run.ts';
import { Havoc } from '../havoc.ts';
import type { History } from '../history.ts';
import { aborted, type Playing } from '../run.ts';
import { Stage } from '../stage.ts';
import { checkEvents } from './checker.ts';
import { handlingAgents } from './deployment.ts';
import { readDead, readHandled, readWaiting } from './ledger.ts';
import { planKills } from './plan.ts';
import { Poster } from './poster.ts';
import { Settled } from './settled.ts';

export interface EventRunOptions extends Playing {
  readonly events: number;
  readonly subjects: number;
  readonly seed: number;
}

/** Programs are killed for so long; then all come back and some events are dealt with, so that a slow machine gets on, too (ms). */
const killingMs = 30_000;
const calmMs = 30_000;
const backWithinMs = 240_000;
/** One of so many events ends a calm. */
const calmShare = 50;
/** Where nothing more is handled for so long, something is wrong, and the verdict says what (ms). */
const stuckMs = 240_000;
const lookMs = 500;

/** This Redis keeps what it answered, whatever becomes of it or its machine. */
const stageFor = (history: History): Promise<Stage> =>
  Stage.open({
    activators: 3,
    controllers: 2,
    autoscalers: 0,
    history,
    deployment: handlingAgents,
    redisArgs: ['--appendfsync', 'always'],
  });

/** Resolves with what the checker found; undefined when it was to leave. Leaves nothing on the machine. */
export async function runEvents(options: EventRunOptions): Promise<readonly Violation[] | undefined> {
  const { history, say } = options;
  say('starting Redis and the programs');
  const stage = await stageFor(history);
  let fine = false;
  try {
    const violations = await Promise.race([play(stage, options), aborted(options.leave)]);
    fine = violations === undefined || violations.length === 0;
    return violations;
  } finally {
    if (!fine) for (const { name, output } of stage.programs.all) options.keepOutput(name, output());
    await stage.close();
  }
}

async function play(stage: Stage, options: EventRunOptions): Promise<readonly Violation[]> {
  const { history, say, seed, events, subjects, stop } = options;
  history.write({ t: 'started', seed, minutes: 0, events, epoch: Date.now() - history.now() });
  const settled = new Settled(stage, history);
  const abandon = new AbortController();
  const poster: Poster = new Poster({
    ...{ history, seed, events, subjects, stop, abandon: abandon.signal },
    activators: stage.programs.activators,
    behind: () => poster.acknowledged - settled.count,
  });
  const havoc = new Havoc(stage, history);
  say(`${events} events for ${subjects} sessions, and kills`);
  const posting = poster.run();
  const done = new AbortController();
  const killing = kills({ stage, havoc, settled, options, done: done.signal });
  await Promise.race([untilDone({ settled, poster, posting, stop }), killing]);
  done.abort();
  say('healing');
  havoc.stop();
  await killing;
  await heal(stage, havoc, options);
  const late = setTimeout(() => abandon.abort(), stuckMs);
  await posting.finally(() => clearTimeout(late));
  await untilEmpty(stage, settled);
  return judge(stage, options);
}

interface Doing {
  readonly settled: Settled;
  readonly poster: Poster;
  readonly posting: Promise<void>;
  readonly stop: AbortSignal;
}

/** Until all is sent and dealt with, the run is to end early, or nothing goes on any more. */
async function untilDone({ settled, poster, posting, stop }: Doing): Promise<void> {
  let sent = false;
  void posting.then(() => (sent = true));
  while (!stop.aborted) {
    await settled.look();
    if (sent && settled.count >= poster.acknowledged) return;
    if (settled.quietMs > stuckMs) return;
    await sleep(lookMs);
  }
}

interface Killing {
  readonly stage: Stage;
  readonly havoc: Havoc;
  readonly settled: Settled;
  readonly options: EventRunOptions;
  readonly done: AbortSignal;
}

/** Until `done`. */
async function kills({ stage, havoc, settled, options, done }: Killing): Promise<void> {
  const { seed, events } = options;
  const names = stage.programs.all.map(({ name }) => name);
  for (let round = 0; !done.aborted; round += 1) {
    await havoc.run(planKills(seed * 1_000 + round, killingMs, names), killingMs);
    if (done.aborted) return;
    await Promise.race([stage.ready(backWithinMs), aborted(done)]);
    const enough = settled.count + events / calmShare;
    const end = performance.now() + calmMs;
    while (!done.aborted && performance.now() < end && settled.count < enough)
      await sleep(lookMs, undefined, { signal: done }).catch(() => undefined);
  }
}

async function heal(stage: Stage, havoc: Havoc, { stop }: EventRunOptions): Promise<void> {
  await havoc.heal();
  // A terminal's Ctrl-C reached Redis and the programs too. These come back by themselves.
  if (stop.aborted) await stage.redis.restart();
  await stage.ready(backWithinMs);
}

/** Repeats may wait when each event was handled once. */
async function untilEmpty(stage: Stage, settled: Settled): Promise<void> {
  while ((await readWaiting(stage.redis.addr)) > 0) {
    await settled.look();
    if (settled.quietMs > stuckMs) return;
    await sleep(lookMs);
  }
}

async function judge(stage: Stage, { history, say }: EventRunOptions): Promise<readonly Violation[]> {
  say('looking at what became of each event');
  for (const handled of readHandled(stage.dataDir)) history.write({ t: 'handled', ...handled });
  const [controller] = stage.programs.controllers;
  const letters = controller && (await readDead(controller));
  if (letters) history.write({ t: 'dead', letters });
  history.write({ t: 'waiting', deliveries: await readWaiting(stage.redis.addr) });
  return checkEvents(history.entries());
}
