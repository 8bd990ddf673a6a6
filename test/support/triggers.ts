// Triggers as a user would write them, made of what a test wants to vary.
import { deployedTrigger } from '../../model/accepted-trigger.ts';
import type { DeployedTrigger } from '../../model/deployed-trigger.ts';
import { validateTrigger } from '../../model/resource.ts';
import type { Trigger } from '../../model/trigger.ts';

export const helloTarget = { kind: 'AgentRuntime', name: 'hello' } as const;

/** A trigger as an object from YAML; its target is the agent `hello`. */
export const triggerObject = (spec: object = {}, metadata: object = {}) => ({
  apiVersion: 'eventing.agentcube.volcano.sh/v1alpha1',
  kind: 'Trigger',
  metadata: { name: 'on-issue', ...metadata },
  spec: { target: helloTarget, ...spec },
});

/** A valid one. Throws what is wrong with it. */
export function validTrigger(spec: object = {}, metadata: object = {}): Trigger {
  const checked = validateTrigger(triggerObject(spec, metadata));
  if (checked.ok) return checked.resource;
  throw new Error(JSON.stringify(checked.problems));
}

/** As activators read it. */
export const deployedOf = (spec: object = {}, metadata: object = {}): DeployedTrigger =>
  deployedTrigger(validTrigger(spec, metadata));
