// S1 and S4 from outside: what a session's sandbox answered and what it remembers at the end fit what its client asked for.
// No count lost, none doubled, no answer of another's sandbox, one memory for as long as the session lives.
import type { Reading } from '../history.ts';
import type { ClientSession, Operation, Run, Violation } from './run.ts';

/** Codes that say that the sandbox never saw the request. */
const neverSent: ReadonlySet<string> = new Set([
  'STORE_UNAVAILABLE',
  'NOT_LEADER',
  'SHUTTING_DOWN',
  'SERVER_OVERLOADED',
  'SESSION_QUEUE_FULL',
  'RUNTIME_QUEUE_FULL',
  'WAKE_TIMEOUT',
  'SANDBOX_UNREACHABLE',
  'SANDBOX_START_FAILED',
  'SANDBOX_START_TIMEOUT',
]);

interface Answered {
  readonly operation: Operation;
  readonly reading: Reading;
}

const answersOf = ({ operations }: ClientSession): Answered[] =>
  operations.flatMap((operation) => {
    const { result } = operation;
    return result.kind === 'answer' && result.reading ? [{ operation, reading: result.reading }] : [];
  });

function* identity(session: ClientSession, answers: readonly Answered[]): Iterable<Violation> {
  const { label, ids, final } = session;
  if (ids.size > 1)
    yield { rule: 'own sandbox', text: `${label} was told several ids: ${[...ids].join(', ')}` };
  const readings = [...answers.map(({ reading }) => reading), ...(final?.reading ? [final.reading] : [])];
  for (const reading of readings) {
    // One that was never used does not know whose it is.
    if (reading.label !== label && reading.count > 0)
      yield { rule: 'own sandbox', text: `${label} was answered by the sandbox of ${reading.label}` };
    if (reading.strangers.length > 0)
      yield { rule: 'own sandbox', text: `the sandbox of ${label} met ${reading.strangers.join(', ')}` };
  }
  const boots = new Set(readings.map(({ boot }) => boot));
  if (boots.size > 1)
    yield { rule: 'memory kept', text: `${label} had ${boots.size} processes: ${[...boots].join(', ')}` };
}

/** Whoever was answered before another began was counted before it, and nobody shares a count. */
function* order(label: string, answers: readonly Answered[]): Iterable<Violation> {
  const sorted = answers.toSorted((a, b) => a.reading.count - b.reading.count);
  for (const [index, later] of sorted.entries()) {
    const before = sorted[index - 1];
    if (before?.reading.count === later.reading.count)
      yield {
        rule: 'counted once',
        text: `${label}: ${before.operation.op} and ${later.operation.op} were both counted as ${later.reading.count}`,
      };
    if (before && later.operation.endAt < before.operation.at)
      yield {
        rule: 'counted once',
        text: `${label}: ${later.operation.op} ended before ${before.operation.op} began and was counted after it`,
      };
  }
}

const timesIn = (ops: readonly string[]): Map<string, number> => {
  const times = new Map<string, number>();
  for (const op of ops) times.set(op, (times.get(op) ?? 0) + 1);
  return times;
};

const counts = ({ kind }: Operation): boolean => kind === 'open' || kind === 'use' || kind === 'slow';

function remembered(operation: Operation, times: number): string | undefined {
  const { result } = operation;
  if (times > 1) return `was carried out ${times} times`;
  if (result.kind === 'answer' && times === 0) return 'was answered and is not remembered';
  if (result.kind === 'refusal' && times === 1 && neverSent.has(result.code ?? ''))
    return `was refused as ${result.code} and yet carried out`;
  return undefined;
}

/** The sandbox's own list against what its client asked for. */
function* memory(session: ClientSession, ops: readonly string[]): Iterable<Violation> {
  const { label } = session;
  const own = session.operations.filter(counts);
  const times = timesIn(ops);
  for (const operation of own) {
    const why = remembered(operation, times.get(operation.op) ?? 0);
    if (why) yield { rule: 'counted once', text: `${label}: ${operation.op} ${why}` };
  }
  const asked = new Set(own.map(({ op }) => op));
  for (const op of times.keys())
    if (!asked.has(op))
      yield { rule: 'own sandbox', text: `${label} remembers ${op}, which its client never sent` };
  for (const { operation, reading } of answersOf(session))
    if (ops[reading.count - 1] !== operation.op)
      yield {
        rule: 'counted once',
        text: `${label}: ${operation.op} was answered ${reading.count}, where ${ops[reading.count - 1] ?? 'nothing'} is remembered`,
      };
}

function* atTheEnd({ label, final, ids, deletedAt, established }: ClientSession): Iterable<Violation> {
  if (ids.size === 0 || deletedAt !== undefined) return;
  if (!final) yield { rule: 'no session lost', text: `${label} was not looked at in the end` };
  else if (!final.reading && (established || final.why?.startsWith('SESSION_ENDED') !== true))
    yield {
      rule: 'no session lost',
      text: `${label} (${final.id}) did not answer in the end: ${final.why ?? ''}`,
    };
}

function* checkSession(session: ClientSession): Iterable<Violation> {
  const answers = answersOf(session);
  yield* identity(session, answers);
  yield* order(session.label, answers);
  if (session.final?.ops) yield* memory(session, session.final.ops);
  yield* atTheEnd(session);
}

/** No id belongs to two clients. */
function* shared(run: Run): Iterable<Violation> {
  const owner = new Map<string, string>();
  for (const { label, ids } of run.sessions.values())
    for (const id of ids) {
      const other = owner.get(id);
      if (other !== undefined)
        yield { rule: 'own sandbox', text: `${label} and ${other} were both given ${id}` };
      owner.set(id, label);
    }
}

/** Every session of the run, one by one. */
export const checkCounts = (run: Run): Violation[] => [
  ...[...run.sessions.values()].flatMap((session) => [...checkSession(session)]),
  ...shared(run),
];
