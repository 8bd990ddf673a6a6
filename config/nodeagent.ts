// The configuration of the node agent. Does not read any file itself, nor the environment.
import { z } from 'zod';
import { kubeconfigField } from './cluster.ts';
import { text } from './fields.ts';
import { logFields, portField } from './serving.ts';

export const nodeAgentConfigSchema = z.strictObject({
  host: text.default('0.0.0.0').describe('address to listen on'),
  port: portField(8090, 'its orders and health routes'),
  nodeName: text.describe('name of the node it runs on, as the cluster calls it'),
  watchNamespace: text.optional().describe('touch pods of this namespace only; all namespaces by default'),
  publicKeyFile: text
    .default('/etc/agentcube/identity/public.pem')
    .describe('file of the key that orders are verified with; may come later'),
  stateDir: text
    .default('/var/lib/agentcube/node')
    .describe('folder of the node where it remembers whose the pods are'),
  cgroupDir: text.default('/sys/fs/cgroup').describe("where the node's own /sys/fs/cgroup is"),
  containerdSocket: text
    .optional()
    .describe('socket of containerd, for pods in virtual machines; without it those stay awake'),
  kubeconfig: kubeconfigField,
  ...logFields,
});

export type NodeAgentConfig = z.infer<typeof nodeAgentConfigSchema>;
