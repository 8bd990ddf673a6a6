// What the SDK's suite wants to find on a platform, as manifests: an interpreter, an agent, and two triggers, one of which fails.
// Does not own: what images are (test/support/folder.ts on one machine, the test cluster's own there).
import { stringify } from 'yaml';
import { agentYaml, probeImages } from '../support/folder.ts';

const trigger = (name: string, path: string): object => ({
  apiVersion: 'eventing.agentcube.volcano.sh/v1alpha1',
  kind: 'Trigger',
  metadata: { name },
  spec: {
    filters: [{ exact: { type: name.replace('sdk-', 'com.example.sdk.') } }],
    target: { kind: 'AgentRuntime', name: 'probe', path },
    session: { key: 'subject' },
    delivery: { retry: 0, timeout: 'PT30S' },
  },
});

/** The probe has no such route as the first one's. */
export const triggers: readonly object[] = [trigger('sdk-bad', '/nowhere'), trigger('sdk-good', '/count')];

const interpreter = {
  apiVersion: 'runtime.agentcube.volcano.sh/v1alpha1',
  kind: 'CodeInterpreter',
  metadata: { name: 'my-codeinterpreter' },
  spec: { template: { image: 'picod:latest' }, warmPoolSize: 1 },
};

/** Files of a folder that `npm start` or a controller applies. */
export const deployedFiles = (): Record<string, string> => ({
  'images.yaml': probeImages,
  'probe.yaml': agentYaml({ name: 'probe', spec: { warmPoolSize: 1 } }),
  'interpreter.yaml': stringify(interpreter),
  ...Object.fromEntries(triggers.map((one, index) => [`trigger-${index}.yaml`, stringify(one)])),
});
