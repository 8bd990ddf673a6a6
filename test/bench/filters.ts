// How fast a trigger's filters decide about events: a CESQL expression of ten terms, and the same wish in the other
// dialects, each against a predicate in JavaScript written by hand for the same events, in turns.
// Pure computing on one core: no event is parsed and none is delivered.
import type { Attributes } from '../../model/cesql/attributes.ts';
import { compileFilters, type EventFilter, type EventPredicate } from '../../model/event-filter.ts';
import { quantile, type Figure } from './table.ts';

const rounds = 40;
const warmUpRounds = 60;
const perRound = 20_000;
const millisecond = 1_000;

/** The goal of an expression of ten terms on one core, evaluations a second. */
const goal = 200_000;

/** Ten terms; the events below take it to its end, or stop at different ones of them. */
const expression = `
  type LIKE 'com.example.%' AND source LIKE 'https://git.%/agents' AND EXISTS subject
  AND subject != 'draft' AND size > 10 AND size % 2 = 0 AND LEFT(branch, 4) = 'main'
  AND action IN ('opened', 'reopened', 'edited') AND NOT EXISTS hop AND urgent = true`;

type Texts = Readonly<Record<string, string | undefined>>;

const isOfAgents = ({ type, source }: Texts): boolean =>
  type?.startsWith('com.example.') === true &&
  source?.startsWith('https://git.') === true &&
  source.endsWith('/agents');

const isWantedAction = (action: string | undefined): boolean =>
  action === 'opened' || action === 'reopened' || action === 'edited';

const byHand: EventPredicate = (event) => {
  const { subject, size, branch, action } = event as Texts;
  if (!isOfAgents(event as Texts) || subject === undefined || subject === 'draft') return false;
  const bytes = Number(size);
  if (bytes <= 10 || bytes % 2 !== 0 || branch?.slice(0, 4) !== 'main') return false;
  return isWantedAction(action) && event['hop'] === undefined && event['urgent'] === true;
};

const filters: readonly EventFilter[] = [
  { prefix: { type: 'com.example.', source: 'https://git.' } },
  { suffix: { source: '/agents' } },
  {
    any: [
      { exact: { action: 'opened' } },
      { exact: { action: 'reopened' } },
      { exact: { action: 'edited' } },
    ],
  },
  { not: { exact: { subject: 'draft' } } },
  { exact: { branch: 'main', urgent: 'true' } },
];

const filtersByHand: EventPredicate = (event) => {
  const { subject, branch, action } = event as Texts;
  if (!isOfAgents(event as Texts) || !isWantedAction(action)) return false;
  return subject !== 'draft' && branch === 'main' && event['urgent'] === true;
};

/** Half of the events pass; the others fail at different terms. Attributes are text, as HTTP brings them, but for one. */
const eventOf = (n: number): Attributes => ({
  specversion: '1.0',
  id: `event-${n}`,
  type: n % 16 === 1 ? 'org.example.push' : 'com.example.push',
  source: n % 16 === 3 ? 'https://git.example/tools' : 'https://git.example/agents',
  subject: n % 16 === 5 ? 'draft' : `issue/${n}`,
  time: '2026-01-01T00:00:00Z',
  size: n % 16 === 7 ? '7' : String(2 * n + 12),
  branch: n % 16 === 9 ? 'next' : 'main',
  action: n % 16 === 11 ? 'closed' : 'opened',
  urgent: n % 16 !== 13,
  ...(n % 16 === 15 && { hop: '1' }),
});

const events = Array.from({ length: 1_024 }, (_, n) => eventOf(n));

/** Evaluations a second of one round, and how many events passed. */
function round(predicate: EventPredicate): { rate: number; passed: number } {
  let passed = 0;
  const start = performance.now();
  for (let n = 0; n < perRound; n += 1) if (predicate(events[n & 1_023] ?? {})) passed += 1;
  return { rate: (perRound / (performance.now() - start)) * millisecond, passed };
}

interface Rates {
  readonly ours: number;
  readonly reference: number;
}

/** Rates of a predicate and its counterpart in their better rounds, for others use the machine meanwhile. Throws when they do not agree, for then they are no counterparts. */
function compared(ours: EventPredicate, reference: EventPredicate): Rates {
  const [rates, others]: [number[], number[]] = [[], []];
  for (let n = 0; n < rounds + warmUpRounds; n += 1) {
    const [one, other] = [round(ours), round(reference)];
    if (one.passed !== other.passed) throw new Error(`${one.passed} events passed, by hand ${other.passed}`);
    if (n < warmUpRounds) continue;
    rates.push(one.rate);
    others.push(other.rate);
  }
  return { ours: quantile(rates, 0.9), reference: quantile(others, 0.9) };
}

const million = (rate: number): string => `${(rate / 1e6).toFixed(2)} million/s`;

const ratioFigure = (what: string, bound: number, { ours, reference }: Rates): Figure => ({
  what: `${what}, rate against JavaScript by hand`,
  sense: 'at least',
  bound,
  ratio: ours / reference,
  seen: `${million(ours)} against ${million(reference)} on one core`,
});

/** The figures of filtering. */
export async function filterFigures(): Promise<Figure[]> {
  const cesql = compared(compileFilters({ filters: [{ cesql: expression }] }), byHand);
  const others = compared(compileFilters({ filters }), filtersByHand);
  return [
    ratioFigure('CESQL of ten terms', 0.05, cesql),
    {
      what: 'CESQL of ten terms, evaluations a second against the goal',
      sense: 'at least',
      bound: 1,
      ratio: cesql.ours / goal,
      seen: `${million(cesql.ours)} against ${million(goal)}`,
    },
    ratioFigure('prefix, suffix, exact, any and not', 0.1, others),
  ];
}
