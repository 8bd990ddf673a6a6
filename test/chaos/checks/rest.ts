// S5 from outside: when everything has healed and nobody asks for anything, the machine has the sandboxes of its sessions and
// those of the pool, each once, and nothing else.
import type { Inventory, SessionAtRest } from '../history.ts';
import type { Run, Violation } from './run.ts';

const resting: ReadonlySet<string> = new Set(['running', 'paused', 'suspended', 'ended']);
const withMemory: ReadonlySet<string> = new Set(['running', 'paused']);

const orphans = (text: string): Violation => ({ rule: 'nothing orphaned', text });

function* sessionAtRest(session: SessionAtRest, { sandboxes, alive }: Inventory): Iterable<Violation> {
  const { id, state, sandbox } = session;
  if (!resting.has(state)) yield orphans(`session ${id} is still ${state}`);
  if (state === 'ended') return;
  if (sandbox === undefined || !sandboxes.includes(sandbox))
    yield orphans(`session ${id} is ${state}, and its sandbox ${sandbox ?? ''} is not there`);
  else if (alive.includes(sandbox) !== withMemory.has(state))
    yield orphans(
      `session ${id} is ${state}, and its sandbox ${alive.includes(sandbox) ? 'lives' : 'does not live'}`,
    );
}

function* sandboxesAtRest({ sandboxes, alive, sessions, pool }: Inventory): Iterable<Violation> {
  const owned = sessions.flatMap(({ state, sandbox }) => (state === 'ended' || !sandbox ? [] : [sandbox]));
  const twice = owned.filter((sandbox, index) => owned.indexOf(sandbox) !== index);
  for (const sandbox of twice) yield orphans(`two sessions have sandbox ${sandbox}`);
  const free = sandboxes.filter((sandbox) => !owned.includes(sandbox));
  if (free.length !== pool)
    yield orphans(
      `${free.length} sandboxes belong to no session, and ${pool} are to wait in the pool: ${free.join(', ')}`,
    );
  for (const sandbox of alive)
    if (!sandboxes.includes(sandbox))
      yield orphans(`processes of sandbox ${sandbox} live, and it has no folder`);
}

/** Sessions that nobody knows come only from openings whose answer never told an id, or that asked twice. */
function* strangers(run: Run, { sessions }: Inventory): Iterable<Violation> {
  const known = new Set([...run.sessions.values()].flatMap(({ ids }) => [...ids]));
  const unknown = sessions.filter(({ id, state }) => state !== 'ended' && !known.has(id));
  const untold = run.operations.filter(
    ({ kind, result }) => kind === 'open' && !('sessionId' in result && result.sessionId !== undefined),
  );
  if (unknown.length > untold.length)
    yield orphans(`${unknown.length} sessions are nobody's, and ${untold.length} openings told no id`);
}

/** The live sessions of the clients are in the list, each in a state that it may be found in. */
function* listed(run: Run, { sessions }: Inventory): Iterable<Violation> {
  const states = new Map(sessions.map(({ id, state }) => [id, state]));
  for (const { label, ids, established, deletedAt } of run.sessions.values()) {
    if (!established || deletedAt !== undefined) continue;
    for (const id of ids) {
      const state = states.get(id);
      if (state === undefined || state === 'ending' || state === 'ended')
        yield { rule: 'no session lost', text: `${label} (${id}) is ${state ?? 'not known'} in the end` };
    }
  }
}

/** Everything at rest; that nobody looked is a violation too. */
export function checkRest(run: Run): Violation[] {
  const { inventory } = run;
  if (!inventory) return [orphans('nobody looked at the machine in the end')];
  return [
    ...inventory.sessions.flatMap((session) => [...sessionAtRest(session, inventory)]),
    ...sandboxesAtRest(inventory),
    ...strangers(run, inventory),
    ...listed(run, inventory),
  ];
}
