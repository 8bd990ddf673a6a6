// From a policy to the scaler that carries it out.
import { FixedScaler, fixedState } from './fixed.ts';
import { KpaScaler, kpaState } from './kpa.ts';
import type { ScalingPolicy } from '../../model/scaling.ts';
import type { Scaler } from './signals.ts';
import { TargetScaler, targetState } from './target.ts';

/** A scaler that goes on from a `state()`; from none, or from one of another class or version, it has seen nothing yet. */
export function createScaler(policy: ScalingPolicy, state?: unknown): Scaler {
  switch (policy.class) {
    case 'fixed':
      return new FixedScaler(policy, fixedState(state));
    case 'kpa':
      return new KpaScaler(policy, kpaState(state));
    case 'target':
      return new TargetScaler(policy, targetState(state));
  }
}
