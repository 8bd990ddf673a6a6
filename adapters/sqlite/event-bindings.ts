// Owns: which session a key means, and which tick of a schedule struck last, in the same file as the sessions.
import type { EventBindings } from '../../model/event-queue.ts';
import type { Database } from './database.ts';

const bindKey = `
  INSERT INTO event_bindings (key, session_id) VALUES (:key, :sessionId)
  ON CONFLICT (key) DO UPDATE SET session_id = excluded.session_id WHERE session_id = :instead`;
const strikeTick = `
  INSERT INTO event_strikes (trigger, tick) VALUES (?, ?)
  ON CONFLICT (trigger) DO UPDATE SET tick = excluded.tick WHERE tick < excluded.tick`;

/** The bindings of the event store. */
export function sqliteBindings(db: Database): EventBindings {
  const bound = db.prepare('SELECT session_id AS id FROM event_bindings WHERE key = ?');
  const bind = db.prepare(bindKey);
  const strike = db.prepare(strikeTick);
  const last = db.prepare('SELECT tick FROM event_strikes WHERE trigger = ?');
  const boundTo = (key: string) => (bound.get(key) as unknown as { id: string } | undefined)?.id;
  return {
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
