// The configuration of a separate activator. Does not read any file itself, nor the environment.
import { z } from 'zod';
import { agentcubeEnv } from './agentcube-env.ts';
import { routerFlags } from './agentcube-flags.ts';
import { callerFields, callerProblems } from './callers.ts';
import { driverField, idleNamespace, kubeconfigField, namespaceField, onlyOnCluster } from './cluster.ts';
import { eventFields } from './events.ts';
import { count, text, toggle, whole } from './fields.ts';
import type { Beyond } from './load.ts';
import { redisFields, redisProblems } from './redis.ts';
import { drainField, hostField, logFields, portField, tlsFields, tlsServingProblems } from './serving.ts';

/** AgentCube's router takes none and fewer for its default. */
const atOnce = whole
  .default(1_000)
  .transform((value) => (value <= 0 ? 1_000 : value))
  .describe('requests in hand at once, waiting ones not counted');

export const activatorConfigSchema = z.strictObject({
  host: hostField,
  port: portField(8081, 'invocations'),
  ...tlsFields,
  ...callerFields,
  driver: driverField,
  namespace: namespaceField,
  kubeconfig: kubeconfigField,
  identityDir: text
    .optional()
    .describe(
      'folder into which the Secret picod-router-identity is mounted; without it the API server is asked for the Secret',
    ),
  dataDir: text.optional().describe('the data folder of the controllers on this machine'),
  ...redisFields,
  compatKeys: toggle.describe("write AgentCube's keys of sessions too, for its router to read"),
  leaseSeconds: count
    .default(90)
    .describe('how long requests to a running session go on while Redis is away'),
  maxConcurrentRequests: atOnce,
  maxWaitingPerSession: count.default(1_000).describe('requests that may wait for one session to wake'),
  maxWaitingPerRuntime: count.default(2_000).describe('requests that may wait for sandboxes of one runtime'),
  maxWaiting: count.default(4_000).describe('requests that may wait in all'),
  wakeTimeoutSeconds: count.default(120).describe('how long a request waits for its sandbox'),
  ...eventFields,
  drainSeconds: drainField,
  ...logFields,
});

export type ActivatorProgramConfig = z.infer<typeof activatorConfigSchema>;

export const activatorConfig: Beyond<ActivatorProgramConfig> = {
  foreign: { flags: routerFlags, env: agentcubeEnv },
  check: (values, readFile) => [
    ...redisProblems(values, readFile),
    ...tlsServingProblems(values, readFile),
    ...callerProblems(values),
    ...compatProblems(values),
    ...onlyOnCluster(values, ['kubeconfig', 'identityDir']),
    ...dataDirProblems(values),
  ],
  idle: idleNamespace,
};

const dataDirProblems = ({ driver, dataDir }: Partial<ActivatorProgramConfig>) =>
  driver === 'kubernetes' && dataDir !== undefined
    ? [{ name: 'dataDir', message: 'on a cluster nothing is kept in a folder' }]
    : [];

/** AgentCube's keys have no hash tag, so that a Cluster keeps them apart from ours. */
export const compatProblems = (given: Partial<Pick<ActivatorProgramConfig, 'compatKeys' | 'redisMode'>>) =>
  given.compatKeys === true && given.redisMode === 'cluster'
    ? [{ name: 'compatKeys', message: "AgentCube's keys cannot be written together with ours in a Cluster" }]
    : [];
