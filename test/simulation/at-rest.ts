// What must be so when nobody asks for anything and everything works.
// S5: live sandboxes = sandboxes of live sessions + pool targets. S3: nobody waits. S4: no session is lost, none is stuck.
import { sandboxIdOf } from '../../model/session-query.ts';
import type { SessionRecord, WarmSandbox } from '../../model/session-store.ts';
import { actionOf, type Session } from '../../model/session.ts';
import { poolSizes } from './runtimes.ts';
import type { Stage } from './stage.ts';

const everySession = 10_000;

function programs({ controllers, activators, autoscalers, clients, server }: Stage): string[] {
  const leaders = controllers.filter((one) => one.lead).length;
  return [
    ...(leaders === 1 ? [] : [`${leaders} controllers lead`]),
    ...(autoscalers.filter((one) => one.elector.term !== undefined).length === 1
      ? []
      : ['no autoscaler leads']),
    ...(server.shelf.targets.length === poolSizes.size ? [] : ['pool targets are not told']),
    ...(server.shelf.prepared ? [] : ['the store is not prepared']),
    ...activators.flatMap(({ process, routing }) => {
      const { gates, waiting, inHand } = routing.stats();
      const busy = gates + waiting + inHand > 0;
      return busy ? [`${process.name} has ${gates} gates, ${waiting} waiting, ${inHand} in hand`] : [];
    }),
    ...clients.flatMap(({ requests }) =>
      requests.flatMap(({ id, stage }) => (stage === 'over' ? [] : [`request ${id} is ${stage}`])),
    ),
  ];
}

/** The store and the ledger know the same sessions, and none is on its way. */
function sessions(stored: readonly Session[], { ledger }: Stage): string[] {
  const there = new Set(stored.map(({ id }) => id));
  return [
    ...stored.flatMap(({ id, state }) =>
      actionOf(state) === null ? [] : [`session ${id} is ${state.kind}`],
    ),
    ...ledger
      .living()
      .flatMap(({ id, state }) => (there.has(id) ? [] : [`session ${id} (${state.kind}) is lost`])),
  ];
}

const needed = (session: Session): 'running' | 'paused' | 'stopped' => {
  const { kind } = session.state;
  return kind === 'running' || kind === 'paused' ? kind : 'stopped';
};

function sandboxes(live: readonly Session[], pool: readonly WarmSandbox[], { host }: Stage): string[] {
  const owned = new Map(live.map((session) => [sandboxIdOf(session), session]));
  const warm = new Set(pool.map((entry) => entry.sandbox.id));
  const orphans = [...host.sandboxes.keys()].filter((id) => !owned.has(id) && !warm.has(id));
  return [
    ...orphans.map((id) => `sandbox ${id} belongs to nobody`),
    ...[...owned].flatMap(([id, session]) => {
      const state = host.find(id ?? '')?.state ?? 'gone';
      return state === needed(session)
        ? []
        : [`session ${session.id} is ${session.state.kind}, its sandbox is ${state}`];
    }),
    ...[...warm].flatMap((id) => {
      const state = host.find(id)?.state ?? 'gone';
      return state === 'paused' ? [] : [`warm sandbox ${id} is ${state}`];
    }),
  ];
}

function pools(pool: readonly WarmSandbox[]): string[] {
  return [...poolSizes].flatMap(([name, size]) => {
    const there = pool.filter((entry) => entry.runtime.name === name).length;
    return there === size ? [] : [`the pool of ${name} has ${there} of ${size}`];
  });
}

/** What is not at rest, in words. */
export async function atRest(stage: Stage): Promise<readonly string[]> {
  const { contents } = stage.server;
  const records: readonly SessionRecord[] = await contents.list({ limit: everySession });
  const pool = await contents.entries();
  const live = records.map((record) => record.session).filter(({ state }) => state.kind !== 'ended');
  return [...programs(stage), ...sessions(live, stage), ...sandboxes(live, pool, stage), ...pools(pool)];
}
