// What the platform tells of a runtime in a cluster's object, as a schema: the CRDs' `status` and its printer columns.
// Does not own how it comes about (the controller decides). AgentCube's part of it is `conditions` and `ready`.
import { z } from 'zod';
import { fields, flag, integerWithin, mostInt32, text } from './fields.ts';

/** Of metav1.Condition: more than any sentence of ours. */
export const longestMessage = 32_768;

const count = integerWithin(0, mostInt32);

const toldCondition = fields({
  type: z.string().max(316),
  status: z.enum(['True', 'False', 'Unknown']),
  reason: z.string().min(1).max(1_024),
  message: z.string().max(longestMessage),
  lastTransitionTime: text,
  observedGeneration: z.int().min(0).optional(),
});

/** How the size of its pool came about; `why` is `explain` of model/scaling.ts. */
const toldScaling = fields({
  class: z.enum(['target', 'kpa', 'fixed']),
  target: count,
  wanted: count,
  ready: count,
  why: text,
  dryRun: flag.optional(),
});

export const toldStatus = fields({
  conditions: z.array(toldCondition).optional(),
  ready: flag.optional(),
  observedGeneration: z.int().optional(),
  revision: text.optional(),
  warm: count.optional(),
  wanted: count.optional(),
  active: count.optional(),
  asleep: count.optional(),
  scaling: toldScaling.optional(),
});

export type ToldCondition = z.infer<typeof toldCondition>;
export type ToldScaling = z.infer<typeof toldScaling>;
export type ToldStatus = z.infer<typeof toldStatus>;
