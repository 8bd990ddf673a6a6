// When the next session comes after a silence: how long silences were, from the last of them.
// Three beliefs about the next one are weighed by how well each foretold those before it (Hoeting et al., Bayesian Model
// Averaging, 1999): that it is as long as one of them, to within a fiftieth (timers); that it is about as long (the histogram of
// idle times of Shahrad et al., Serverless in the Wild, ATC 2020); and that what was silent for long stays silent for long (Lomax).
// Owns no size: only the chance that a silence ends now.

/** Silences that are remembered. */
const remembered = 24;
/** The third belief weighs as much as so many silences within each of the others: what was never seen is not 0. */
const doubt = 0.5;
/** How exact a timer is, and how far off "about as long" is, as factors. */
const exact = 0.02;
const about = Math.log(1.6);
/** What was foretold weighs half after so many later silences. */
const halfLife = 12;
const fading = 2 ** (-1 / halfLife);
/** No belief is ever given up (log of its weight). */
const least = -9;
/** Shape of the third belief, and its unit in horizons. */
const lomaxShape = 0.5;
const lomaxHorizons = 4;

/** Milliseconds from the first session of one burst to that of the next, and from the last one to that. */
type Gap = readonly [whole: number, rest: number];

export interface SilenceState {
  readonly gaps: readonly Gap[];
  readonly trust: readonly number[];
}

/** What is known of the present silence, in milliseconds. */
export interface Waiting {
  /** Since the first session of the last burst, and since the last session of it. */
  readonly whole: number;
  readonly rest: number;
  readonly horizon: number;
  /** How exactly times are known: one round. */
  readonly round: number;
}

/** Share of an even spread from `low` to `high` that lies between `from` and `to`. */
const overlap = (low: number, high: number, from: number, to: number): number =>
  Math.max(0, Math.min(high, to) - Math.max(low, from)) / (high - low);

const lomaxAbove = (ms: number, horizon: number): number =>
  (1 + ms / (lomaxHorizons * horizon)) ** -lomaxShape;

/** Chance that it ends between two lengths, for each belief. */
function chances(gaps: readonly Gap[], { whole, rest, horizon, round }: Waiting, span: number): number[] {
  const unknown = lomaxAbove(rest, horizon) - lomaxAbove(rest + span, horizon);
  let timer = doubt * unknown;
  let like = doubt * unknown;
  const [from, to] = [Math.log(rest + 1), Math.log(rest + span + 1)];
  for (const [theirWhole, theirRest] of gaps) {
    const slack = Math.max(round, exact * theirWhole);
    timer += overlap(theirWhole - slack, theirWhole + slack, whole, whole + span);
    const middle = Math.log(theirRest + 1);
    like += overlap(middle - about, middle + about, from, to);
  }
  const all = gaps.length + doubt;
  return [timer / all, like / all, unknown];
}

export class Silence {
  readonly #gaps: Gap[];
  /** Logarithms of how far each belief is trusted. */
  #trust: number[];

  constructor(state?: SilenceState) {
    this.#gaps = [...(state?.gaps ?? [])];
    this.#trust = [...(state?.trust ?? [0, 0, 0])];
  }

  state(): SilenceState {
    return { gaps: [...this.#gaps], trust: [...this.#trust] };
  }

  /** Silences seen. */
  get count(): number {
    return this.#gaps.length;
  }

  /** A silence has ended. */
  ended(waited: Waiting): void {
    const { round } = waited;
    const before = { ...waited, whole: waited.whole - round, rest: Math.max(0, waited.rest - round) };
    const foretold = chances(this.#gaps, before, 2 * round);
    const trust = foretold.map((chance, at) => fading * (this.#trust[at] ?? 0) + Math.log(chance + 1e-12));
    const best = Math.max(...trust);
    this.#trust = trust.map((log) => Math.max(least, log - best));
    this.#gaps.push([waited.whole, waited.rest]);
    if (this.#gaps.length > remembered) this.#gaps.shift();
  }

  /** The chance that the present silence ends within the horizon. */
  ending(waiting: Waiting): number {
    // Half a round is in the horizon; whoever comes just before the next one's sandboxes are there waits for a whole one.
    const now = chances(this.#gaps, waiting, waiting.horizon + waiting.round / 2);
    const ever = chances(this.#gaps, waiting, Number.MAX_SAFE_INTEGER);
    let [ends, lasts] = [0, 0];
    for (const [at, log] of this.#trust.entries()) {
      ends += Math.exp(log) * (now[at] ?? 0);
      lasts += Math.exp(log) * (ever[at] ?? 0);
    }
    return lasts <= 0 ? 0 : Math.min(1, ends / lasts);
  }
}
