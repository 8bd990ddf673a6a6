// What a write makes of an object, step by step as a Kubernetes API server goes: take it in without what nobody knows, lay it over
// what is there, write in defaults, note who owns what, and check it. Nothing here stores or answers.
// Does not own reading requests (kube-body.ts, kube-write-options.ts), nor how each step decides (core/).
// Source: k8s.io/apiserver/pkg/endpoints/handlers, create.go, update.go and patch.go.
import { apiVersionOf, groupOf, type Resource, type ResourceKind } from '../../model/resource.ts';
import { checkedObject } from '../core/checked-object.ts';
import { timeText } from '../core/conditions.ts';
import { conflictsIn, conflictText } from '../core/managed-fields/conflict-text.ts';
import { trackApply, trackUpdate, type Write } from '../core/managed-fields/tracking.ts';
import { fieldsIn, isFields, type Fields } from '../core/managed-fields/typed.ts';
import { typedFault } from '../core/managed-fields/typed-faults.ts';
import { noSuchObject } from '../core/object-errors.ts';
import { changedMetadataFaults, finalizerWarnings } from '../core/object-metadata.ts';
import { decoded } from '../core/structural/decode.ts';
import { withSchemaDefaults } from '../core/structural/defaults.ts';
import { fieldErrorsText, invalid, type FieldError } from '../core/structural/field-error.ts';
import { servedSchema } from '../served-schemas.ts';
import type { ObjectBody } from './kube-body.ts';
import { badRequest, KubeRefusal } from './kube-refusal.ts';
import type { KubeWriteOptions } from './kube-write-options.ts';
import { patchedText, type Patched } from './kube-patch.ts';

export interface ChangePlace {
  readonly kind: ResourceKind;
  readonly namespace: string;
  /** Empty while nobody has named it. */
  readonly name: string;
}

const metadataOf = (object: Fields | undefined): Fields => fieldsIn(object?.['metadata']) ?? {};

const withMetadata = (object: Fields, more: Fields): Fields => ({
  ...object,
  metadata: { ...metadataOf(object), ...more },
});

const without = (object: Fields, names: readonly string[]): Fields => ({
  ...object,
  metadata: Object.fromEntries(Object.entries(metadataOf(object)).filter(([name]) => !names.includes(name))),
});

const shown = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));

function checkSubject(body: Fields, { kind, namespace }: ChangePlace): void {
  const apiVersion = apiVersionOf(kind);
  if (body['kind'] === undefined) throw badRequest("Object 'Kind' is missing in the body");
  if (body['kind'] !== kind) throw badRequest(`the kind in the data (${shown(body['kind'])}) is not ${kind}`);
  if (body['apiVersion'] !== undefined && body['apiVersion'] !== apiVersion)
    throw badRequest(
      `the API version in the data (${shown(body['apiVersion'])}) does not match the expected API version (${apiVersion})`,
    );
  const given = metadataOf(body)['namespace'] ?? '';
  if (given !== '' && given !== namespace)
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
}

function checkName(object: Fields, { name }: ChangePlace): void {
  const given = metadataOf(object)['name'] ?? '';
  if (given !== name)
    throw badRequest(`the name of the object (${shown(given)}) does not match the name on the URL (${name})`);
}

/** That an object is invalid, as an API server says it. */
export function invalidKube(kind: ResourceKind, name: string, causes: readonly FieldError[]): KubeRefusal {
  const group = groupOf(kind);
  const message = `${kind}.${group} "${name}" is invalid: ${fieldErrorsText(causes)}`;
  return new KubeRefusal(422, 'Invalid', message, { name, group, kind, causes });
}

/** What warnings show of a strict reader's complaints: each line by itself. */
const lines = (strict: readonly string[]): string[] => [...strict];

const strictText = (strict: readonly string[]): string => {
  const yaml = strict.filter((one) => one.startsWith('line '));
  const others = strict.filter((one) => !one.startsWith('line '));
  const told = yaml.length === 0 ? [] : [`yaml: unmarshal errors:\n  ${yaml.join('\n  ')}`];
  return `strict decoding error: ${[...told, ...others].join(', ')}`;
};

/** One write: who makes it of what kind of object, and what is to be said of it besides. Made for one request. */
export class KubeChange {
  readonly warnings: string[] = [];
  readonly #place: ChangePlace;
  readonly #options: KubeWriteOptions;
  readonly #time: string;

  /** `now` is ms since the epoch. */
  constructor(place: ChangePlace, options: KubeWriteOptions, now: number) {
    this.#place = place;
    this.#options = options;
    this.#time = timeText(now);
  }

  /** A new object. `generated` makes a name of its beginning. Throws what an API server answers. */
  created({ value, strict }: ObjectBody, generated: (prefix: string) => string): Resource {
    checkSubject(value, this.#place);
    const object = this.#decoded(value, strict);
    if (metadataOf(object)['resourceVersion'])
      throw new KubeRefusal(500, '', 'resourceVersion should not be set on objects to be created', {});
    const systems = [
      'uid',
      'creationTimestamp',
      'deletionTimestamp',
      'deletionGracePeriodSeconds',
      'selfLink',
    ];
    const tracked = this.#tracked(undefined, this.#placed(without(object, systems)));
    return this.#checked(this.#named(tracked, generated), undefined);
  }

  /** What is there as its writer wants it to be. Throws what an API server answers. */
  replaced({ value, strict }: ObjectBody, current: Resource | undefined): Resource {
    checkSubject(value, this.#place);
    checkName(value, this.#place);
    const object = this.#placed(this.#decoded(value, strict));
    if (!current) throw noSuchObject(this.#place);
    this.#checkVersioned(object);
    return this.#checked(this.#tracked(current, object), current, false);
  }

  /** What a patch makes of what is there. Throws what an API server answers. */
  patched(patch: (current: Fields) => Patched, current: Resource | undefined): Resource {
    if (!current) throw noSuchObject(this.#place);
    const { value, strict } = patch(current);
    const { object, unknownFields } = decoded(isFields(value) ? value : {}, this.#schema);
    this.#complain([...strict, ...unknownFields.map((path) => `unknown field "${path}"`)], (text) => {
      const cause = invalid('patch', patchedText(value), text);
      return new KubeRefusal(422, 'Invalid', ` "" is invalid: ${fieldErrorsText([cause])}`, {
        causes: [cause],
      });
    });
    checkSubject(object, this.#place);
    checkName(object, this.#place);
    return this.#checked(this.#tracked(current, this.#placed(object)), current);
  }

  /** What an apply makes of what is there, or of nothing. Throws what an API server answers. */
  applied({ value, strict }: ObjectBody, current: Resource | undefined): Resource {
    this.#checkApplied(value);
    const { schema, tracked } = servedSchema(this.#place.kind);
    const config = this.#placed(withMetadata(value, {}));
    const result = trackApply(tracked, current, config, {
      ...this.#write('Apply'),
      force: this.#options.force,
    });
    if (!result.ok)
      throw new KubeRefusal(409, 'Conflict', conflictText(result.taken), {
        causes: conflictsIn(result.taken).map((one) => ({ reason: 'FieldManagerConflict', ...one })),
      });
    this.#complain(strict, (text) => badRequest(`error strict decoding YAML: ${text}`));
    const { object } = decoded(result.object, schema);
    checkSubject(object, this.#place);
    checkName(object, this.#place);
    if (!current && metadataOf(object)['uid']) throw this.#noSuchUid(metadataOf(object)['uid']);
    return this.#checked(object, current);
  }

  get #schema() {
    return servedSchema(this.#place.kind).schema;
  }

  #noSuchUid(uid: unknown): KubeRefusal {
    const { kind, name } = this.#place;
    const why = `uid mismatch: the provided object specified uid ${shown(uid)}, and no existing object was found`;
    const resource = `${kind.toLowerCase()}s.${groupOf(kind)}`;
    return new KubeRefusal(
      409,
      'Conflict',
      `Operation cannot be fulfilled on ${resource} "${name}": ${why}`,
      {
        name,
        group: groupOf(kind),
        kind: `${kind.toLowerCase()}s`,
      },
    );
  }

  #checkApplied(value: Fields): void {
    const { kind, namespace, name } = this.#place;
    const [group, version] = apiVersionOf(kind).split('/', 2);
    if (value['kind'] !== kind || value['apiVersion'] !== apiVersionOf(kind))
      throw badRequest(`invalid object type: ${shown(value['apiVersion'])}, Kind=${shown(value['kind'])}`);
    const fault = typedFault(servedSchema(kind).tracked.type, value);
    const what = `${namespace}/${name}; ${group}/${version}, Kind=${kind}`;
    if (fault !== undefined)
      throw new KubeRefusal(500, '', `failed to create typed patch object (${what}): ${fault}`, {});
    if (metadataOf(value)['managedFields'] !== undefined)
      throw badRequest('metadata.managedFields must be nil');
  }

  /** An update says of which version it is. */
  #checkVersioned(object: Fields): void {
    if (metadataOf(object)['resourceVersion']) return;
    const { kind, name } = this.#place;
    const group = groupOf(kind);
    const plural = `${kind.toLowerCase()}s`;
    const cause = invalid('metadata.resourceVersion', 0, 'must be specified for an update');
    const message = `${plural}.${group} "${name}" is invalid: ${fieldErrorsText([cause])}`;
    throw new KubeRefusal(422, 'Invalid', message, { name, group, kind: plural, causes: [cause] });
  }

  #decoded(value: Fields, strict: readonly string[]): Fields {
    const { kind } = this.#place;
    const { object, unknownFields } = decoded(value, this.#schema);
    const version = apiVersionOf(kind).split('/', 2)[1] ?? '';
    this.#complain([...strict, ...unknownFields.map((path) => `unknown field "${path}"`)], (text) =>
      badRequest(`${kind} in version "${version}" cannot be handled as a ${kind}: ${text}`),
    );
    return withMetadata({ apiVersion: apiVersionOf(kind), ...object }, {});
  }

  #complain(strict: readonly string[], refusal: (text: string) => KubeRefusal): void {
    const { validation } = this.#options;
    if (strict.length === 0 || validation === 'Ignore') return;
    if (validation === 'Strict') throw refusal(strictText(strict));
    this.warnings.push(...lines(strict));
  }

  #placed(object: Fields): Fields {
    return withMetadata(object, { namespace: this.#place.namespace });
  }

  #named(object: Fields, generated: (prefix: string) => string): Fields {
    const { name, generateName } = metadataOf(object);
    if (name || typeof generateName !== 'string' || generateName === '') return object;
    return withMetadata(object, { name: generated(generateName) });
  }

  #write(operation: 'Apply' | 'Update'): Write {
    const { manager } = this.#options;
    return { writer: { manager, operation, apiVersion: apiVersionOf(this.#place.kind) }, time: this.#time };
  }

  #tracked(current: Resource | undefined, object: Fields): Fields {
    const { schema, tracked } = servedSchema(this.#place.kind);
    return trackUpdate(tracked, current, withSchemaDefaults(object, schema), this.#write('Update'));
  }

  #checked(object: Fields, current: Resource | undefined, checksUid = true): Resource {
    const { kind } = this.#place;
    const [metadata, before] = [metadataOf(object), metadataOf(current)];
    const changed = current && checksUid ? changedMetadataFaults(metadata, before) : [];
    const checked = checkedObject(kind, withSchemaDefaults(object, this.#schema), this.#schema);
    const errors = [...changed, ...(checked.ok ? [] : checked.errors)];
    if (!checked.ok || errors.length > 0) throw invalidKube(kind, shown(metadata['name'] ?? ''), errors);
    this.warnings.push(...finalizerWarnings(metadata, before), ...checked.warnings);
    return checked.object;
  }
}
