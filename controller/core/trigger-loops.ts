// Whether what a trigger sends out may come back to it. Decides only, from the trigger alone: what its target will answer nobody knows.
// Loops end in any case: each reply and each dead letter that goes through a broker counts as a hop, and hops are bounded.
import type { DeployedTrigger } from '../../model/deployed-trigger.ts';
import { runtimeKeyText } from '../../model/sandbox.ts';

export interface Loop {
  readonly reason: 'DeadLettersComeBack' | 'TakesOwnReplies';
  /** Begins with the place in the trigger. */
  readonly message: string;
}

/** Attributes that only dead letters have: filters that look at them know what they do. */
const minds = ({ attributes, filters }: DeployedTrigger): boolean =>
  JSON.stringify([attributes, filters]).includes('knativeerror');

const takesAll = ({ attributes, filters }: DeployedTrigger): boolean =>
  filters.length === 0 && Object.keys(attributes).length === 0;

function deadLetters(trigger: DeployedTrigger): Loop | undefined {
  const { broker, target, delivery } = trigger;
  const sink = delivery.deadLetterSink;
  const comeBack = (message: string): Loop => ({
    reason: 'DeadLettersComeBack',
    message: `spec.delivery.deadLetterSink: ${message}`,
  });
  if (sink?.kind === 'broker' && sink.broker === broker && !minds(trigger))
    return comeBack(`broker ${broker} hands them to this trigger again`);
  const isTarget =
    sink?.kind === 'runtime' &&
    sink.path === target.path &&
    runtimeKeyText(sink.runtime) === runtimeKeyText(target.runtime);
  return isTarget ? comeBack('they go to the target that did not take them') : undefined;
}

/** Why events of this trigger may come round again; undefined when nothing speaks for it. */
export function loopOf(trigger: DeployedTrigger): Loop | undefined {
  const message = `spec.filters: it takes every event of broker ${trigger.broker}, and so each event that its own target answers with`;
  return deadLetters(trigger) ?? (takesAll(trigger) ? { reason: 'TakesOwnReplies', message } : undefined);
}
