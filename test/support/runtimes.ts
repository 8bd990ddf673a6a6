// Runtimes for tests: small, valid, and alike except for what a test names.
import type { AgentRuntime, CodeInterpreter } from '../../model/runtime.ts';
import type { Images } from '../../controller/driver.ts';

const apiVersion = 'runtime.agentcube.volcano.sh/v1alpha1' as const;

export const agent = (name = 'hello', spec: Partial<AgentRuntime['spec']> = {}): AgentRuntime => ({
  apiVersion,
  kind: 'AgentRuntime',
  metadata: { name, namespace: 'default' },
  spec: {
    targetPort: [{ pathPrefix: '/', port: 8080 }],
    podTemplate: { spec: { containers: [{ name: 'agent', image: 'hello:1' }] } },
    ...spec,
  },
});

export const interpreter = (
  name = 'python',
  spec: Partial<CodeInterpreter['spec']> = {},
): CodeInterpreter => ({
  apiVersion,
  kind: 'CodeInterpreter',
  metadata: { name, namespace: 'default' },
  spec: { template: { image: 'picod:1' }, ...spec },
});

/** An image table that the test changes: image to digest. */
export function imageTable(digests: Record<string, string>): Images & { digests: Record<string, string> } {
  return {
    digests,
    async resolve(image) {
      const digest = digests[image];
      return digest === undefined ? { known: Object.keys(digests) } : { digest };
    },
  };
}
