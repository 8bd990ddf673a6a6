// What is said between programs, read back: a text that is not what it should be answers undefined, which is a gap and no fault.
// Programs of another version may be at work on the same Redis, so what is read is looked at.
import type { DeployedTrigger } from '../../model/deployed-trigger.ts';
import type { DeployedRuntime, PoolTarget } from '../../model/platform.ts';
import type { RuntimeKey } from '../../model/sandbox.ts';
import type { Session } from '../../model/session.ts';
import { scalingIn, whyIn } from './scaling-texts.ts';

type Fields = Readonly<Record<string, unknown>>;

const fieldsOf = (value: unknown): Fields | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

const isKey = (value: unknown): value is RuntimeKey => {
  const key = fieldsOf(value);
  return (['kind', 'namespace', 'name'] as const).every((part) => typeof key?.[part] === 'string');
};

const isSession = (value: unknown): value is Session => {
  const session = fieldsOf(value);
  return (
    typeof session?.['id'] === 'string' &&
    typeof session['version'] === 'number' &&
    typeof session['generation'] === 'number' &&
    typeof fieldsOf(session['state'])?.['kind'] === 'string' &&
    isKey(session['runtime'])
  );
};

const isRuntime = (value: unknown): value is DeployedRuntime => {
  const runtime = fieldsOf(value);
  return (
    isKey(runtime?.['key']) &&
    typeof runtime?.['revision'] === 'string' &&
    fieldsOf(runtime['policy']) !== undefined &&
    fieldsOf(runtime['labels']) !== undefined
  );
};

/** A session as the store's scripts publish it. */
export const readSession = (text: string): Session | undefined => {
  const value = parsed(text);
  return isSession(value) ? value : undefined;
};

/** A runtime as the leading controller publishes it; what is strange about its scaling counts as not said. */
export const readRuntime = (text: string): DeployedRuntime | undefined => {
  const value = parsed(text);
  if (!isRuntime(value)) return undefined;
  const { scaling, memoryBytes, ...runtime } = value;
  const asked = scalingIn(scaling);
  return {
    ...runtime,
    ...(asked && { scaling: asked }),
    ...(isCount(memoryBytes) && { memoryBytes }),
  };
};

/** A size that the leading autoscaler decided; reasons that are not understood are left out. */
export const readTarget = (text: string): PoolTarget | undefined => {
  const { runtime, size, wanted, why } = fieldsOf(parsed(text)) ?? {};
  if (!isKey(runtime) || !isCount(size)) return undefined;
  const reasons = whyIn(why);
  return { runtime, size, ...(isCount(wanted) && { wanted }), ...(reasons && { why: reasons }) };
};

const isDelivery = (value: unknown): boolean => {
  const delivery = fieldsOf(value);
  return isCount(delivery?.['retry']) && isCount(delivery['timeoutMs']) && isCount(delivery['concurrency']);
};

const isNamed = (value: unknown): boolean => {
  const key = fieldsOf(value);
  return typeof key?.['namespace'] === 'string' && typeof key['name'] === 'string';
};

const takesEvents = ({ broker, attributes, filters }: Fields): boolean =>
  typeof broker === 'string' && fieldsOf(attributes) !== undefined && Array.isArray(filters);

const handsThemOn = ({ target, session, delivery }: Fields): boolean =>
  isKey(fieldsOf(target)?.['runtime']) &&
  typeof fieldsOf(session)?.['key'] === 'string' &&
  isDelivery(delivery);

const isTrigger = (value: unknown): value is DeployedTrigger => {
  const trigger = fieldsOf(value);
  if (!trigger || !isNamed(trigger['key']) || typeof trigger['revision'] !== 'string') return false;
  return takesEvents(trigger) && handsThemOn(trigger);
};

/** A trigger as the leading controller publishes it. */
export const readTrigger = (text: string): DeployedTrigger | undefined => {
  const value = parsed(text);
  return isTrigger(value) ? value : undefined;
};
