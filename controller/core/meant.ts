// Whether a write is meant for the very object that is there, as it is there. Decides only.
import type { Metadata } from '../../model/metadata.ts';
import { objectChanged, otherObject, type Named } from './object-errors.ts';
import { sawWhatIsWritten } from './stored-runtime.ts';

/** An object that is there, and when it was written. */
export interface Standing {
  readonly metadata: Metadata;
  /** The version at which it was last written. */
  readonly writtenAt: string;
  /** The newest version that there is of anything. */
  readonly version: string;
}

/** Throws CONFLICT for a write that was meant for another object, or for an earlier state of this one. */
export function checkMeant(given: Metadata, { metadata, writtenAt, version }: Standing, key: Named): void {
  if (given.uid !== undefined && given.uid !== metadata.uid)
    throw otherObject(key, given.uid, metadata.uid ?? '');
  // Kubernetes takes an empty version for none.
  if (given.resourceVersion && !sawWhatIsWritten(given.resourceVersion, writtenAt, version))
    throw objectChanged(key);
}
