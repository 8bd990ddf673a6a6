// Whether a history of events keeps what the platform promises (E1 to E3, from outside). Pure: reads the history and nothing else.
// An event is known by its id; whoever posts sends the same id again until it is answered 202, so it may be stored more than once.
// Order: X comes before Y when both are of one subject and X was answered 202, once at least, before Y was sent first, or both were
// in one batch, X before Y. Then Y is not handled before X was handled once, unless X is a dead letter. Of events that were under
// way at the same time either may be first. Handling an event again later is a repeat, which is counted and is no fault.
import { checkAnswers } from '../checks/answers.ts';
import type { Violation } from '../checks/run.ts';
import type { Entry } from '../history.ts';
import { accountOf, type Account, type Posted, type Seen } from './account.ts';

function* lost({ posted, times, dead, run }: Account): Iterable<Violation> {
  const buried = new Set(dead?.map(({ id }) => id));
  for (const { id, subject, acknowledgedAt } of posted.values())
    if (acknowledgedAt !== undefined && !times.has(id) && !buried.has(id))
      yield {
        rule: 'nothing lost',
        text: `${id} of ${subject} was answered 202 at ${acknowledgedAt} ms, was never handled, and is no dead letter`,
      };
  for (const { op, events = [], result } of run.operations)
    if (result.kind === 'answer' && result.deliveries !== undefined && result.deliveries !== events.length)
      yield {
        rule: 'nothing lost',
        text: `${op} sent ${events.length} events and was answered 202 with ${result.deliveries} deliveries`,
      };
}

/** Both of one subject. */
const comesBefore = (x: Posted, y: Posted): boolean =>
  (x.acknowledgedAt !== undefined && x.acknowledgedAt < y.sentAt) ||
  (x.sending === y.sending && x.place < y.place);

/** The first handling of each event of a subject, in order. */
function firsts(seen: readonly Seen[]): Seen[] {
  const known = new Set<string>();
  return seen.filter(({ id }) => !known.has(id) && known.add(id));
}

function* orderOf(subject: string, seen: readonly Seen[], { posted }: Account): Iterable<Violation> {
  const handled = firsts(seen)
    .flatMap(({ id }) => posted.get(id) ?? [])
    .filter((one) => one.subject === subject);
  for (const [at, x] of handled.entries()) {
    const early = handled.slice(0, at).find((y) => comesBefore(x, y));
    if (early)
      yield {
        rule: 'order kept',
        text: `${subject}: ${early.id} was handled before ${x.id}, which came earlier`,
      };
  }
}

/** No event of another, none that nobody sent, and one session for each subject: none ends in a run. */
function* sessions({ seen, posted }: Account): Iterable<Violation> {
  for (const { id, subject, session } of seen)
    if (posted.get(id)?.subject !== subject)
      yield { rule: 'own session', text: `${session} of ${subject} handled ${id}, which was not sent to it` };
  const subjects = Map.groupBy(seen, ({ session }) => session);
  for (const [session, own] of subjects) {
    const names = new Set(own.map(({ subject }) => subject));
    if (names.size > 1)
      yield { rule: 'own session', text: `${session} handled events of ${[...names].join(', ')}` };
  }
  for (const [subject, own] of Map.groupBy(seen, (one) => one.subject)) {
    const ids = new Set(own.map(({ session }) => session));
    if (ids.size > 1)
      yield {
        rule: 'own session',
        text: `${subject} was handled in ${ids.size} sessions: ${[...ids].join(', ')}`,
      };
  }
}

function* atOnce({ seen }: Account): Iterable<Violation> {
  for (const { id, subject, beside } of seen)
    if (beside.length > 0)
      yield { rule: 'one at a time', text: `${subject}: ${id} began while ${beside.join(', ')} was handled` };
}

function* settled({ dead, waiting, posted }: Account): Iterable<Violation> {
  if (dead === undefined) yield { rule: 'settled', text: 'nobody looked at the dead letters in the end' };
  for (const { id } of dead ?? [])
    if (!posted.has(id)) yield { rule: 'settled', text: `${id} is a dead letter, and nobody sent it` };
  if (waiting !== 0)
    yield { rule: 'settled', text: `${waiting ?? 'nobody knows how many'} deliveries wait in the end` };
  for (const { id, acknowledgedAt } of posted.values())
    if (acknowledgedAt === undefined)
      yield { rule: 'settled', text: `${id} was never answered 202, however often it was sent` };
}

/** Every broken promise, in the order of the rules. */
export function checkEvents(entries: readonly Entry[]): Violation[] {
  const account = accountOf(entries);
  const subjects = Map.groupBy(account.seen, ({ subject }) => subject);
  return [
    ...lost(account),
    ...[...subjects].flatMap(([subject, seen]) => [...orderOf(subject, seen, account)]),
    ...sessions(account),
    ...atOnce(account),
    ...settled(account),
    ...checkAnswers(account.run),
  ];
}
