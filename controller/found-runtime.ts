// What the platform makes of a runtime that a cluster keeps: valid or not, and what would run. Does not own the book of them.
// The API server has checked what its schema can say; a pod's template is its own business, so a field of it that is new to us
// is passed on and named, where on one machine it would be refused as misspelt.
import { validateRuntime, type Problem } from '../model/problem.ts';
import { runtimeApiVersion, type Runtime } from '../model/runtime.ts';
import { counts } from './core/passed-on.ts';
import { examine, type Examined } from './examine.ts';
import type { Images } from './driver.ts';
import type { FoundRuntime } from './runtime-source.ts';

export interface ReadRuntime {
  readonly runtime: Runtime;
  readonly examined: Examined;
  /** Paths of fields that are passed on although nobody here knows them. */
  readonly unknownFields: readonly string[];
}

interface Given {
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly spec?: unknown;
}

/** What of its metadata means anything here; the rest is between the API server and others. */
const metadataFields = [
  'labels',
  'annotations',
  'generation',
  'creationTimestamp',
  'resourceVersion',
] as const;

function withoutForeign({ key, uid, object }: FoundRuntime): object {
  const { metadata = {}, spec } = object as Given;
  const own = metadataFields.filter((name) => metadata[name] !== undefined);
  const { kind, namespace, name } = key;
  return {
    apiVersion: runtimeApiVersion,
    kind,
    metadata: { name, namespace, uid, ...Object.fromEntries(own.map((field) => [field, metadata[field]])) },
    spec,
  };
}

/**
 * A pool belongs to the very object it was made for and goes with it, so a runtime that was made again under its name has a
 * revision of its own.
 */
const ofObject = (images: Images, uid: string): Images => ({
  async resolve(image) {
    const found = await images.resolve(image);
    return 'digest' in found ? { digest: `${found.digest} ${uid}` } : found;
  },
});

const lineOf = ({ path, message, expected }: Problem): string => `${path}: ${message} (expected ${expected})`;

/** Rejects as the driver's images do. */
export async function readFound(found: FoundRuntime, images: Images): Promise<ReadRuntime> {
  const given = withoutForeign(found);
  const checked = validateRuntime(given, undefined, counts);
  if (!checked.ok) {
    const refused = { reason: 'Invalid', message: checked.problems.map(lineOf).join('; ') } as const;
    return { runtime: given as Runtime, examined: { refused }, unknownFields: [] };
  }
  const examined = await examine(checked.runtime, ofObject(images, found.uid), 'keep');
  return {
    runtime: checked.runtime,
    examined,
    unknownFields: (checked.passedOver ?? []).map(({ path }) => path),
  };
}
