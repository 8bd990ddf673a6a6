// S3 from outside: every operation ends once, with an answer or with a typed refusal that says when to come back.
// A connection may break only with the program behind it.
import { errorKinds, type ErrorCode } from '../../../model/errors.ts';
import type { Operation, Run, Span, Violation } from './run.ts';

/** How much later than a client the supervisor may learn that a program is gone, or is back (ms). */
const slackMs = 2_000;

/** Refusals that pass by themselves, so that a client must be told when to ask again. */
const tellsWhen: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'STORE_UNAVAILABLE',
  'NOT_LEADER',
  'SHUTTING_DOWN',
  'SERVER_OVERLOADED',
  'SESSION_QUEUE_FULL',
  'RUNTIME_QUEUE_FULL',
]);

const known = (code: string | undefined): code is ErrorCode => code !== undefined && code in errorKinds;

const during = ({ at, endAt }: Operation, spans: readonly Span[] | undefined): boolean =>
  (spans ?? []).some(({ from, to }) => from <= endAt + slackMs && to + slackMs >= at);

const described = ({ op, kind, label, through, id, at, endAt }: Operation): string =>
  `${kind} ${op} of ${label} (${id ?? 'no id yet'}) through ${through}, from ${at} to ${endAt} ms`;

function brokenRule(run: Run, operation: Operation): Violation[] {
  const { result, through } = operation;
  const away = during(operation, run.gone.get(through));
  const stopped = during(operation, run.frozen.get(through));
  const text = described(operation);
  if (result.kind === 'broken' && !away)
    return [{ rule: 'answered once', text: `${text} broke off (${result.why}) though its program lived` }];
  if (result.kind === 'unreachable' && !away)
    return [
      { rule: 'answered once', text: `${text} found nobody (${result.why}) though its program was up` },
    ];
  if (result.kind === 'late' && !away && !stopped)
    return [
      { rule: 'answered once', text: `${text} got no answer, though its program lived and was not frozen` },
    ];
  return [];
}

function typeProblems({ result }: Operation): string[] {
  if (result.kind !== 'refusal') return [];
  const { code, retryable, retryAfter } = result;
  if (!known(code)) return [`has no known code: ${result.status} ${result.text}`];
  const kind = errorKinds[code];
  return [
    ...(retryable === (kind.retry === 'later') ? [] : [`says retryable ${String(retryable)} with ${code}`]),
    ...(!tellsWhen.has(code) || Number(retryAfter) >= 1 ? [] : [`${code} has no Retry-After`]),
  ];
}

/** A live session may be refused for now, never for good. */
function forGood(run: Run, { label, endAt, result }: Operation): string[] {
  if (result.kind !== 'refusal' || !known(result.code)) return [];
  if (errorKinds[result.code].retry === 'later') return [];
  const session = run.sessions.get(label);
  if (session?.deletedAt !== undefined && session.deletedAt <= endAt) return [];
  if (session?.established === false && result.code === 'SESSION_ENDED') return [];
  return [`was refused for good: ${result.status} ${result.code}: ${result.text}`];
}

/** Every operation of the run, one by one. */
export function checkAnswers(run: Run): Violation[] {
  const unbalanced = run.unbalanced.map(({ op, ends }) => ({
    rule: 'answered once',
    text: `${op} has ${ends} ends`,
  }));
  const one = (operation: Operation): Violation[] => [
    ...brokenRule(run, operation),
    ...typeProblems(operation).map((why) => ({
      rule: 'typed refusals',
      text: `${described(operation)} ${why}`,
    })),
    ...forGood(run, operation).map((why) => ({
      rule: 'no session lost',
      text: `${described(operation)} ${why}`,
    })),
  ];
  return [...unbalanced, ...run.operations.flatMap(one)];
}
