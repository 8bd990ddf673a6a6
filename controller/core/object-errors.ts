// The errors of reading and writing deployed objects, in Kubernetes' own words, so that people and tools that know it read them at once.
import { PlatformError } from '../../model/errors.ts';
import type { Problem } from '../../model/problem.ts';
import { groupOf, resourcePlurals, type ResourceKind } from '../../model/resource.ts';

export interface Named {
  readonly kind: ResourceKind;
  readonly name: string;
}

const resource = ({ kind, name }: Named): string => `${resourcePlurals[kind]}.${groupOf(kind)} "${name}"`;

export const noSuchObject = (key: Named): PlatformError =>
  new PlatformError(
    key.kind === 'Trigger' ? 'TRIGGER_NOT_FOUND' : 'RUNTIME_NOT_FOUND',
    `${resource(key)} not found`,
  );

export const objectExists = (key: Named): PlatformError =>
  new PlatformError(
    key.kind === 'Trigger' ? 'TRIGGER_EXISTS' : 'RUNTIME_EXISTS',
    `${resource(key)} already exists`,
  );

export const objectChanged = (key: Named): PlatformError =>
  new PlatformError(
    'CONFLICT',
    `Operation cannot be fulfilled on ${resource(key)}: the object has been modified; ` +
      'please apply your changes to the latest version and try again',
  );

/** `uid` was given and is another object's: the one that was meant has been deleted. */
export const otherObject = (key: Named, given: string, has: string): PlatformError =>
  new PlatformError(
    'CONFLICT',
    `Operation cannot be fulfilled on ${resource(key)}: ` +
      `Precondition failed: UID in precondition: ${given}, UID in object meta: ${has}`,
  );

const lineOf = ({ path, message, expected }: Problem): string =>
  `${path === '' ? '' : `${path}: `}${message} (expected ${expected})`;

/** Every problem at once, in the message as well as in `problems`. */
export function invalidObject({ kind, name }: Named, problems: readonly Problem[]): PlatformError {
  const lines = problems.map(lineOf);
  const list = lines.length === 1 ? (lines[0] ?? '') : `[${lines.join(', ')}]`;
  const message = `${kind}.${groupOf(kind)} "${name}" is invalid: ${list}`;
  return new PlatformError(kind === 'Trigger' ? 'INVALID_TRIGGER' : 'INVALID_RUNTIME', message, { problems });
}

/** `path` is where the runtime names its image. */
export function unknownImage(path: string, image: string, known: readonly string[]): PlatformError {
  const expected = known.length === 0 ? 'an image of the local image table' : `one of ${known.join(', ')}`;
  const message = `unknown image ${JSON.stringify(image)}: it is not in the local image table, expected ${expected}`;
  const problems: Problem[] = [{ path, message: `unknown image ${JSON.stringify(image)}`, expected }];
  return new PlatformError('UNKNOWN_IMAGE', message, { reason: expected, problems });
}
