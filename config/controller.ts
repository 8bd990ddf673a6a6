// The configuration of a separate controller. Does not read any file itself, nor the environment.
import { z } from 'zod';
import { compatProblems } from './activator.ts';
import { agentcubeEnv } from './agentcube-env.ts';
import { workloadManagerFlags } from './agentcube-flags.ts';
import { driverField, idleNamespace, kubeconfigField, namespaceField, onlyOnCluster } from './cluster.ts';
import { count, port, text, toggle } from './fields.ts';
import type { Beyond, SettingProblem } from './load.ts';
import { redisFields, redisProblems, unreadable } from './redis.ts';
import {
  drainField,
  hostField,
  leadField,
  logFields,
  portField,
  tlsFields,
  tlsServingProblems,
} from './serving.ts';

export const controllerConfigSchema = z.strictObject({
  host: hostField,
  port: portField(8080, 'the control API (runtimes, sessions)'),
  ...tlsFields,
  tlsCa: text.optional().describe('file of certificates; with it callers must show one that these signed'),
  advertiseUrl: z
    .url({ protocol: /^https?$/, error: 'a URL that begins with http:// or https://' })
    .optional()
    .describe('where the other controllers reach this one; from host and port by default'),
  driver: driverField,
  namespace: namespaceField,
  kubeconfig: kubeconfigField,
  watchNamespace: text
    .optional()
    .describe('the only namespace whose runtimes are served; all by default, which needs rights in all'),
  enableAuth: toggle.describe(
    'callers must show the token of a service account that may create or delete sandboxes; on a cluster only',
  ),
  sandboxClaims: z
    .enum(['auto', 'on', 'off'])
    .default('auto')
    .describe("a SandboxClaim for each session; auto makes them where agent-sandbox's extensions are"),
  nodeAgentPort: port.default(8090).describe('port of the node agents'),
  sessionsPort: port
    .default(0)
    .describe('port at which the API server of a cluster asks for sessions (HTTPS); 0 serves none'),
  sessionsTlsCert: text.optional().describe('file of the certificate of that port'),
  sessionsTlsKey: text.optional().describe('file of its key'),
  dataDir: text
    .optional()
    .describe('where sandboxes, files and keys live; shared by all programs of this machine'),
  folder: text
    .optional()
    .describe('YAML that is applied by whoever leads, again when it changes; also as the last argument'),
  images: text.optional().describe('YAML file of local images, beside those in the folder'),
  isolation: z
    .enum(['auto', 'bubblewrap', 'unshare', 'plain'])
    .default('auto')
    .describe('how sandboxes are kept apart; auto takes the best this host has'),
  ...redisFields,
  compatKeys: toggle.describe("write AgentCube's keys of sessions too, for its router to read"),
  leadSeconds: leadField,
  leaseSeconds: count
    .default(90)
    .describe(
      'the longest leaseSeconds of the activators: how long a session is held awake after Redis was lost',
    ),
  wakeTimeoutSeconds: count
    .default(120)
    .describe('how long a pause, resume or end that is asked for may take'),
  startTimeoutSeconds: count.default(120).describe('how long a sandbox may take to become ready'),
  drainSeconds: drainField,
  ...logFields,
});

export type ControllerProgramConfig = z.infer<typeof controllerConfigSchema>;

export const controllerConfig: Beyond<ControllerProgramConfig> = {
  foreign: { flags: workloadManagerFlags, env: agentcubeEnv },
  check: (values, readFile) => [
    ...redisProblems(values, readFile),
    ...tlsServingProblems(values, readFile),
    ...compatProblems(values),
    ...clusterProblems(values),
    ...unreadable('sessionsTlsCert', values.sessionsTlsCert, readFile),
    ...unreadable('sessionsTlsKey', values.sessionsTlsKey, readFile),
  ],
  idle: idleNamespace,
};

const onlyLocal: Readonly<Record<string, string>> = {
  folder: 'on a cluster runtimes are applied with kubectl',
  images: 'on a cluster images come from their registry',
  dataDir: 'on a cluster nothing is kept in a folder',
};

/** What protects must not be left out in silence, nor what somebody waits for. */
function clusterProblems(given: Partial<ControllerProgramConfig>): readonly SettingProblem[] {
  if (given.driver !== 'kubernetes')
    return onlyOnCluster(given, ['kubeconfig', 'watchNamespace', 'enableAuth', 'sessionsTlsCert']);
  const local = Object.entries(onlyLocal)
    .filter(([name]) => given[name as keyof ControllerProgramConfig] !== undefined)
    .map(([name, message]) => ({ name, message }));
  return [...local, ...sessionsProblems(given)];
}

/** The API server accepts no plain HTTP. */
function sessionsProblems(given: Partial<ControllerProgramConfig>): readonly SettingProblem[] {
  const { sessionsPort = 0, sessionsTlsCert, sessionsTlsKey } = given;
  const served = sessionsTlsCert !== undefined && sessionsTlsKey !== undefined;
  return sessionsPort > 0 && !served
    ? [{ name: 'sessionsPort', message: 'needs sessionsTlsCert and sessionsTlsKey' }]
    : [];
}
