// From a policy to the scaler that carries it out.
import { FixedScaler } from './fixed.ts';
import { KpaScaler } from './kpa.ts';
import type { ScalingPolicy } from '../../model/scaling.ts';
import type { Scaler } from './signals.ts';
import { TargetScaler } from './target.ts';

/** A scaler that has seen nothing yet. */
export function createScaler(policy: ScalingPolicy): Scaler {
  switch (policy.class) {
    case 'fixed':
      return new FixedScaler(policy);
    case 'kpa':
      return new KpaScaler(policy);
    case 'target':
      return new TargetScaler(policy);
  }
}
