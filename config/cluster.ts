// What the programs that know a cluster are told of it. Opens nothing.
import { z } from 'zod';
import { text } from './fields.ts';
import type { SettingProblem } from './load.ts';

export const driverField = z
  .enum(['local', 'kubernetes'])
  .default('local')
  .describe('where the sandboxes are: local is this machine, kubernetes a cluster with agent-sandbox');

export const namespaceField = text
  .optional()
  .describe("namespace of the platform's own Secret and Lease; in a pod its own by default, else default");

export const kubeconfigField = text
  .optional()
  .describe('file that tells where the cluster is; a pod knows it, others use KUBECONFIG or ~/.kube/config');

type Given = Readonly<Record<string, unknown>>;

/** What somebody counts on must not be ignored in silence. */
export const onlyOnCluster = (given: Given, names: readonly string[]): readonly SettingProblem[] =>
  given['driver'] === 'kubernetes'
    ? []
    : names
        .filter((name) => given[name] !== undefined && given[name] !== false)
        .map((name) => ({ name, message: 'needs a cluster: it has an effect only with driver kubernetes' }));

/** AgentCube's charts give it to every program. */
export const idleNamespace = ({ driver, namespace }: Given): readonly SettingProblem[] =>
  driver === 'kubernetes' || namespace === undefined
    ? []
    : [{ name: 'namespace', message: 'the key is a file of the data folder here, not a Secret' }];
