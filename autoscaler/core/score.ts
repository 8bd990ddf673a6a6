// Keeps score: how many sessions would have started cold had the pool kept this chance of a miss, for each chance; and how many did.
// From both follows the chance to keep next, so that the share of warm starts comes out as it was asked for.
// Owns no prediction (demand.ts) and no size (target.ts).
import { risks } from './demand.ts';

/** A session weighs half after so many later ones. */
const halfLife = 20_000;
/** Misses too many or too few are made good over as many sessions as may have this many misses: quick enough to matter, too slow to sway. */
const correctedOver = 40;
/** However far off the share is, no more than so many times the allowed misses are aimed at, and no fewer than one such part. */
const mostCorrection = 4;

/** Before there is a score, a risk is taken for the share of misses that it gives: as much as sessions with so many misses allowed. */
const believedMisses = 1;
export interface ScoreState {
  readonly scored: number;
  readonly missed: readonly number[];
  readonly sessions: number;
  readonly cold: number;
}

export class Score {
  readonly #allowed: number;
  #scored: number;
  readonly #missed: number[];
  #sessions: number;
  #cold: number;

  /** `allowed`: share of sessions that may start cold, above 0. */
  constructor(allowed: number, state?: ScoreState) {
    this.#allowed = allowed;
    this.#scored = state?.scored ?? 0;
    this.#missed = [...(state?.missed ?? risks.map(() => 0))];
    this.#sessions = state?.sessions ?? 0;
    this.#cold = state?.cold ?? 0;
  }

  state(): ScoreState {
    const [scored, sessions, cold] = [this.#scored, this.#sessions, this.#cold];
    return { scored, missed: [...this.#missed], sessions, cold };
  }

  /** What really happened to `sessions` new sessions. */
  happened(sessions: number, cold: number): void {
    const fading = 2 ** (-sessions / halfLife);
    this.#sessions = this.#sessions * fading + sessions;
    this.#cold = this.#cold * fading + cold;
  }

  /**
   * What would have happened to the last `late` sessions of a horizon in which `came` did, with a pool that held `sizes`
   * (one for each risk) when it began: those beyond the pool would have been cold.
   */
  wouldHave(late: number, came: number, sizes: readonly number[]): void {
    const fading = 2 ** (-late / halfLife);
    this.#scored = this.#scored * fading + late;
    for (let risk = 0; risk < risks.length; risk += 1) {
      const cold = Math.min(late, Math.max(0, came - (sizes[risk] ?? 0)));
      this.#missed[risk] = (this.#missed[risk] ?? 0) * fading + cold;
    }
  }

  /** Share of sessions that started warm, of late; 1 when there was none. */
  get reached(): number {
    return this.#sessions === 0 ? 1 : 1 - this.#cold / this.#sessions;
  }

  /** Share of sessions that may start cold from now on, so that the share over all comes right. */
  get aim(): number {
    const debt = this.#cold - this.#allowed * this.#sessions;
    const aim = this.#allowed - (debt * this.#allowed) / correctedOver;
    return Math.min(this.#allowed * mostCorrection, Math.max(this.#allowed / mostCorrection, aim));
  }

  /** The place in `risks` of the largest one that the score says is small enough. */
  get risk(): number {
    const { aim } = this;
    const believed = believedMisses / this.#allowed;
    // What no risk would have saved is no reason to hold more.
    const unavoidable = (this.#missed.at(-1) ?? 0) + believed * aim;
    const budget = Math.max(aim * (this.#scored + believed), unavoidable);
    const place = risks.findIndex((risk, at) => (this.#missed[at] ?? 0) + believed * risk <= budget);
    return place < 0 ? risks.length - 1 : place;
  }
}
