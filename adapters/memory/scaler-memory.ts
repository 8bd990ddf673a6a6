// What scalers have learned, for as long as the process lives: for tests and simulations.
import type { ScalerMemory } from '../../autoscaler/scaler-memory.ts';

/** Knows nothing yet. */
export function memoryScalerMemory(): ScalerMemory {
  const rows = new Map<string, string>();
  return {
    load: async () => new Map(rows),
    save: async (changed, gone) => {
      for (const key of gone) rows.delete(key);
      for (const [key, text] of changed) rows.set(key, text);
    },
  };
}
