// Class `fixed`: exactly as many as were asked for, whatever comes. AgentCube's warmPoolSize.
// It follows what comes only to say what its sandboxes are worth, for budgets.
import type { FixedPolicy } from '../../model/scaling.ts';
import type { Decision, Scaler, Signals } from './signals.ts';
import { SteadyTime } from './steady-time.ts';
import { isStateOf } from './state.ts';
import { Worth, type WorthState } from './worth.ts';

const version = 1;

export interface FixedState {
  readonly class: 'fixed';
  readonly version: number;
  readonly worth: WorthState;
}

/** What `state()` wrote, if this version wrote it. */
export const fixedState = (state: unknown): FixedState | undefined =>
  isStateOf<FixedState>(state, 'fixed', version) ? state : undefined;

export class FixedScaler implements Scaler {
  readonly #size: number;
  readonly #time = new SteadyTime();
  readonly #worth: Worth;
  #last = 0;

  constructor({ size }: FixedPolicy, state?: FixedState) {
    this.#size = size;
    this.#worth = new Worth(state?.worth);
  }

  round(seen: Signals): Decision {
    const elapsed = this.#time.at(seen.now);
    this.#worth.see(seen, elapsed - this.#last);
    this.#last = elapsed;
    const size = this.#size;
    return { size, why: { rule: 'fixed', numbers: { size } }, worth: this.#worth.each };
  }

  state(): FixedState {
    return { class: 'fixed', version, worth: this.#worth.state() };
  }
}
