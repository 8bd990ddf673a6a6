// What is said between programs, read back: a text that is not what it should be answers undefined, which is a gap and no fault.
// Programs of another version may be at work on the same Redis, so what is read is looked at.
import type { DeployedRuntime, PoolTarget } from '../../model/platform.ts';
import type { RuntimeKey } from '../../model/sandbox.ts';
import type { Session } from '../../model/session.ts';

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

/** A runtime as the leading controller publishes it. */
export const readRuntime = (text: string): DeployedRuntime | undefined => {
  const value = parsed(text);
  return isRuntime(value) ? value : undefined;
};

/** A size that the leading autoscaler decided. */
export const readTarget = (text: string): PoolTarget | undefined => {
  const target = fieldsOf(parsed(text));
  const size = target?.['size'];
  const isTarget = isKey(target?.['runtime']) && Number.isSafeInteger(size) && Number(size) >= 0;
  return isTarget ? (target as unknown as PoolTarget) : undefined;
};
