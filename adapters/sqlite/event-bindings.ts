// Owns: which session a key means, and which tick of a schedule struck last, in the same file as the sessions.
import type { Binding, EventBindings, KnownBinding } from '../../model/event-queue.ts';
import type { Database } from './database.ts';
import type { EventInbox } from './event-inbox.ts';
import type { EventSums } from './event-rows.ts';

const bindKey = `
  INSERT INTO event_bindings (key, session_id) VALUES (:key, :sessionId)
  ON CONFLICT (key) DO UPDATE SET session_id = excluded.session_id, ended_at = NULL WHERE session_id = :instead`;
const pageOf = `
  SELECT key, session_id AS sessionId, ended_at AS endedAt FROM event_bindings WHERE key > ? ORDER BY key LIMIT ?`;
const noteEnd = `
  UPDATE event_bindings SET ended_at = ? WHERE key = ? AND session_id = ? AND ended_at IS NULL`;
// Deliveries after `sorted` have no place yet.
const forgetKey = `
  DELETE FROM event_bindings WHERE key = :key AND session_id = :sessionId
    AND NOT EXISTS (SELECT 1 FROM delivery_turns WHERE lane = :key)
    AND NOT EXISTS (SELECT 1 FROM delivery_lanes WHERE lane = :key)
    AND NOT EXISTS (SELECT 1 FROM deliveries WHERE seq > :sorted AND lane = :key)`;
const strikeTick = `
  INSERT INTO event_strikes (trigger, tick) VALUES (?, ?)
  ON CONFLICT (trigger) DO UPDATE SET tick = excluded.tick WHERE tick < excluded.tick`;

/** While more deliveries than this have no place yet nothing is forgotten: looking through them would take long. */
const mostUnsorted = 10_000;

interface Row extends Binding {
  readonly endedAt: number | null;
}

export interface BindingsParts {
  readonly sums: EventSums;
  readonly inbox: EventInbox;
}

const knownOf = ({ key, sessionId, endedAt }: Row): KnownBinding => ({
  key,
  sessionId,
  ...(endedAt !== null && { endedAt }),
});

function upkeep(
  db: Database,
  { sums, inbox }: BindingsParts,
): Pick<EventBindings, 'bindings' | 'noteEnded' | 'forgetKeys'> {
  const page = db.prepare(pageOf);
  const note = db.prepare(noteEnd);
  const forget = db.prepare(forgetKey);
  return {
    bindings: (most, after = '') =>
      db.read(() => {
        const rows = page.all(after, most) as unknown as readonly Row[];
        const last = rows.length === most ? rows.at(-1) : undefined;
        return { found: rows.map(knownOf), ...(last && { next: last.key }) };
      }),
    noteEnded: (bindings, at) =>
      db.write('soon', () => {
        for (const { key, sessionId } of bindings) note.run(at, key, sessionId);
      }),
    forgetKeys: (bindings) =>
      db.write('soon', () => {
        const { sorted, last } = sums.read();
        if (last - sorted > mostUnsorted) return 0;
        inbox.unpack(last);
        const changes = bindings.map(({ key, sessionId }) => forget.run({ key, sessionId, sorted }).changes);
        return changes.reduce<number>((sum, count) => sum + Number(count), 0);
      }),
  };
}

/** The bindings of the event store. */
export function sqliteBindings(db: Database, parts: BindingsParts): EventBindings {
  const bound = db.prepare('SELECT session_id AS id FROM event_bindings WHERE key = ?');
  const bind = db.prepare(bindKey);
  const strike = db.prepare(strikeTick);
  const last = db.prepare('SELECT tick FROM event_strikes WHERE trigger = ?');
  const boundTo = (key: string) => (bound.get(key) as unknown as { id: string } | undefined)?.id;
  return {
    ...upkeep(db, parts),
    async bind(key, sessionId, instead) {
      // Most keys are known, and asking needs no disk.
      const known = await db.read(() => boundTo(key));
      if (known !== undefined && known !== instead) return known;
      return db.write('durable', () => {
        bind.run({ key, sessionId, instead: instead ?? null });
        return boundTo(key) ?? sessionId;
      });
    },
    strike: (trigger, tick) => db.write('durable', () => strike.run(trigger, tick).changes === 1),
    lastStrike: (trigger) =>
      db.read(() => (last.get(trigger) as unknown as { tick: number } | undefined)?.tick),
  };
}
