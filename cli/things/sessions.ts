// Sessions as the control API tells them. Does not own what can be done to one (commands/sessions.ts).
import type { Target } from '../contexts/target.ts';
import { age } from '../output/age.ts';
import type { Listing, Query, Row, Things } from './thing.ts';

/** As the control API has it; docs: GET /openapi.json. */
export interface Session {
  readonly sessionId: string;
  readonly runtime: { readonly kind: string; readonly namespace: string; readonly name: string };
  readonly labels?: Readonly<Record<string, string>>;
  readonly ownerId?: string;
  readonly state: string;
  readonly stateSince?: string;
  readonly reason?: string;
  readonly lost?: string;
  readonly createdAt: string;
  readonly lastActivityAt: string;
  readonly expiresAt?: string;
  readonly generation?: number;
  readonly sandbox?: { readonly id: string; readonly name: string };
  readonly awake?: readonly string[];
}

interface Page {
  readonly items: readonly Session[];
  readonly continue?: string;
}

export interface SessionFilter extends Query {
  readonly state?: string;
  readonly kind?: string;
  readonly runtime?: string;
}

const pageSize = 500;

/** All of them, page by page. */
export async function listSessions({ control }: Target, filter: SessionFilter): Promise<Session[]> {
  const { selector, ...rest } = filter;
  const found: Session[] = [];
  let next: string | undefined;
  do {
    const query = { ...rest, labelSelector: selector, limit: pageSize, continue: next };
    const page = await control.json<Page>('/v1/sessions', { query });
    found.push(...page.items);
    next = page.continue;
  } while (next !== undefined);
  return found;
}

export const sessionPath = (id: string): string => `/v1/sessions/${encodeURIComponent(id)}`;

export const readSession = ({ control }: Target, id: string): Promise<Session> =>
  control.json<Session>(sessionPath(id));

const rowOf = (session: Session): Row => ({
  namespace: session.runtime.namespace,
  name: session.sessionId,
  cells: [
    session.sessionId,
    `${session.runtime.kind}/${session.runtime.name}`,
    session.state,
    age(session.lastActivityAt),
    age(session.createdAt),
  ],
  more: [session.sandbox?.name ?? '', session.ownerId ?? '', session.reason ?? session.lost ?? ''],
});

export const sessionListing = (sessions: readonly Session[]): Listing => ({
  columns: ['Id', 'Runtime', 'State', 'Idle', 'Age'],
  moreColumns: ['Sandbox', 'Owner', 'Reason'],
  rows: sessions.map(rowOf),
});

export class SessionThings implements Things {
  readonly word = 'session';

  async rows(target: Target, query: Query): Promise<Listing> {
    return sessionListing(await listSessions(target, query));
  }

  objects(target: Target, query: Query): Promise<readonly Session[]> {
    return listSessions(target, query);
  }

  async row(target: Target, _namespace: string, id: string): Promise<Listing> {
    return sessionListing([await readSession(target, id)]);
  }

  object(target: Target, _namespace: string, id: string): Promise<Session> {
    return readSession(target, id);
  }
}
