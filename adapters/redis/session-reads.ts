// Owns: finding sessions in Redis. Labels are compared here, everything else where the sessions are.
// Each question is one round trip but for long lists, which are read in pieces so that Redis is not held up.
import { hasLabels } from '../../model/session-query.ts';
import type { SessionQuery, SessionReads, SessionRecord } from '../../model/session-store.ts';
import { recordOf, recordsOf, type Stored } from './session-records.ts';
import { chunk, type readScripts } from './scripts/reads.ts';
import type { Run } from './scripts/script.ts';

type Runs = Readonly<Record<keyof typeof readScripts, Run>>;

const statesText = ({ states }: SessionQuery): string => (states ? `|${states.join('|')}|` : '');

/** One piece: what fits of it, and the id after which to go on, empty at the end. */
async function piece(
  runs: Runs,
  query: SessionQuery,
  after: string,
  limit: number,
): Promise<{ last: string; records: SessionRecord[] }> {
  const filters = [statesText(query), query.kind ?? '', query.namespace ?? '', query.runtime ?? ''];
  const [last, found] = (await runs.list(after, limit, ...filters)) as [string, Stored[]];
  const records = recordsOf(found).filter(({ session }) => hasLabels(session, query.labels));
  return { last, records };
}

async function list(runs: Runs, query: SessionQuery): Promise<SessionRecord[]> {
  const found: SessionRecord[] = [];
  if (query.limit <= 0 || query.states?.length === 0) return found;
  let after = query.after ?? '';
  do {
    // With labels, more must be looked at than are wanted.
    const limit = query.labels ? chunk : Math.min(chunk, query.limit - found.length);
    const { last, records } = await piece(runs, query, after, limit);
    found.push(...records);
    after = last;
  } while (after !== '' && found.length < query.limit);
  return found.slice(0, query.limit);
}

/** The reading half of the session store. */
export const sessionReads = (runs: Runs): SessionReads => ({
  get: async (id) => recordOf((await runs.get(id)) as Stored),
  async bySandbox(sandboxId) {
    const record = recordOf((await runs.bySandbox(sandboxId)) as Stored);
    return record?.session.state.kind === 'ended' ? undefined : record;
  },
  due: async (now, limit) => recordsOf((await runs.due(now, limit)) as Stored[]),
  list: (query) => list(runs, query),
});
