// What a runtime asks of the autoscaler and why a pool has its size, as other programs published it, maybe of another version:
// a class or a number that this one does not understand is as if nothing had been said. Fields that are not known are left out.
// Does not own what a schedule means, nor what users may write (model/scaling-spec.ts).
import { z } from 'zod';
import { noMaximum, type Scaling, type Why } from '../../model/scaling.ts';

const count = z.int().min(0).max(noMaximum);
const span = z.number().min(0);
const bounds = { min: count, max: count };

const target = z.object({
  class: z.literal('target'),
  ...bounds,
  warmStarts: z.number().gt(0).lt(1),
  toZeroAfterMs: z.exactOptional(span),
});

const kpa = z.object({
  class: z.literal('kpa'),
  ...bounds,
  metric: z.exactOptional(z.enum(['rps', 'concurrency'])),
  target: z.number().gt(0),
  stableWindowMs: z.number().gt(0),
  panicWindowPercentage: z.number().gt(0),
  panicThresholdPercentage: span,
  scaleDownDelayMs: span,
  maxScaleUpRate: span,
  maxScaleDownRate: span,
  scaleToZeroGraceMs: span,
  scaleToZeroPodRetentionMs: span,
  initialScale: count,
  activationScale: count,
});

const fixed = z.object({ class: z.literal('fixed'), size: count });

const policy = z
  .discriminatedUnion('class', [target, kpa, fixed])
  .refine((asked) => asked.class === 'fixed' || asked.min <= asked.max);

const scheduled = z.object({
  cron: z.string(),
  timeZone: z.exactOptional(z.string()),
  sessions: span,
});

const scaling = z.object({ policy, schedule: z.array(scheduled), dryRun: z.boolean() });
const why = z.object({ rule: z.string(), numbers: z.record(z.string(), z.number()) });

/** Undefined when it is not what it should be. */
export const scalingIn = (value: unknown): Scaling | undefined => scaling.safeParse(value).data;

/** Undefined when it is not what it should be. */
export const whyIn = (value: unknown): Why | undefined => why.safeParse(value).data;
