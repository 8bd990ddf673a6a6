// Class `fixed`: exactly as many as were asked for, whatever comes. AgentCube's warmPoolSize.
import type { FixedPolicy } from '../../model/scaling.ts';
import type { Decision, Scaler } from './signals.ts';

export class FixedScaler implements Scaler {
  readonly #size: number;

  constructor({ size }: FixedPolicy) {
    this.#size = size;
  }

  round(): Decision {
    return { size: this.#size, why: { rule: 'fixed', numbers: { size: this.#size } } };
  }

  state(): object {
    return {};
  }
}
