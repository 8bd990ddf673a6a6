// The configuration of a separate autoscaler. Does not read any file itself, nor the environment.
import { z } from 'zod';
import { storeOnly } from './agentcube-env.ts';
import { klogFlags } from './agentcube-flags.ts';
import type { Beyond } from './load.ts';
import { redisFields, redisProblems } from './redis.ts';
import { scalingFields } from './scaling.ts';
import { hostField, leadField, logFields, portField } from './serving.ts';

export const autoscalerConfigSchema = z.strictObject({
  host: hostField,
  port: portField(8082, 'its health routes and metrics'),
  ...scalingFields,
  ...redisFields,
  leadSeconds: leadField,
  ...logFields,
});

export type AutoscalerProgramConfig = z.infer<typeof autoscalerConfigSchema>;

export const autoscalerConfig: Beyond<AutoscalerProgramConfig> = {
  foreign: { flags: klogFlags, env: storeOnly },
  check: redisProblems,
};
