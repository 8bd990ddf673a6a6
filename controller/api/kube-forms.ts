// The forms in which deployed objects are answered: whole, as the table that kubectl prints, or their metadata alone; JSON, or YAML
// where nothing else is taken. Does not own which objects, nor what a table's cells say (core/kube-table.ts).
import type { Request, Response } from 'express';
import { stringify } from 'yaml';
import type { Columns } from '../core/kube-table.ts';
import { wantedForm, type Form } from '../sessions-api/core/accept.ts';
import { badRequest, notAcceptable } from './kube-refusal.ts';

/** An object of Kubernetes; those of `/api/v1` have no namespace. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly resourceVersion?: string | undefined };
}

/** What the objects of one kind are called, and how they are printed. */
export interface Shape {
  readonly apiVersion: string;
  readonly kind: string;
  readonly columns: Columns;
}

/** What a page of a list says of itself. */
export interface ListMeta {
  readonly resourceVersion: string;
  readonly continue?: string;
  readonly remainingItemCount?: number;
}

export type RowObject = 'None' | 'Metadata' | 'Object';

export const answeredTypes = ['application/json', 'application/yaml'] as const;

const metaVersion = 'meta.k8s.io/v1';
const rowObjects = new Set(['None', 'Metadata', 'Object', '']);

const partial = ({ metadata }: KubeObject): object => ({
  kind: 'PartialObjectMetadata',
  apiVersion: metaVersion,
  metadata,
});

function rowObjectOf(request: Request): RowObject {
  const { includeObject = '' } = request.query;
  if (typeof includeObject === 'string' && rowObjects.has(includeObject))
    return includeObject === '' ? 'Metadata' : (includeObject as RowObject);
  const given = JSON.stringify(includeObject);
  throw badRequest(
    `Unable to convert to Table as requested: includeObject: Invalid value: ${given}: must be 'Metadata', 'Object', 'None', or empty`,
  );
}

const acceptsYaml = (request: Request): boolean =>
  (request.headers.accept ?? '')
    .split(',')
    .some((one) => one.split(';', 1)[0]?.trim() === 'application/yaml');

/** How one request wants its answer. */
export class Forms {
  readonly #shape: Shape;
  readonly #form: Form;
  readonly #rowObject: RowObject;
  readonly #yaml: boolean;
  readonly #now: () => number;
  #headed = false;

  /** Throws what is answered where no form fits. */
  constructor(request: Request, shape: Shape, now: () => number) {
    const form = wantedForm(request.headers.accept);
    if (!form && !acceptsYaml(request)) throw notAcceptable(answeredTypes);
    this.#shape = shape;
    this.#form = form ?? 'objects';
    this.#yaml = form === undefined;
    this.#rowObject = this.#form === 'table' ? rowObjectOf(request) : 'None';
    this.#now = now;
  }

  one(object: KubeObject): object {
    if (this.#form === 'metadata') return partial(object);
    if (this.#form === 'objects') return object;
    return this.#table([object], { resourceVersion: object.metadata.resourceVersion ?? '' });
  }

  list(objects: readonly KubeObject[], meta: ListMeta): object {
    if (this.#form === 'table') return this.#table(objects, meta);
    if (this.#form === 'metadata')
      return {
        kind: 'PartialObjectMetadataList',
        apiVersion: metaVersion,
        metadata: meta,
        items: objects.map(partial),
      };
    const { apiVersion, kind } = this.#shape;
    return { apiVersion, kind: `${kind}List`, metadata: { continue: '', ...meta }, items: objects };
  }

  /** What a watch tells of an object. Only its first table says what the columns are. */
  told(object: KubeObject): object {
    if (this.#form !== 'table') return this.one(object);
    const table = this.#table([object], { resourceVersion: object.metadata.resourceVersion ?? '' });
    const told = this.#headed ? { ...table, columnDefinitions: null } : table;
    this.#headed = true;
    return told;
  }

  /** What a watch says when it only tells how far it is. */
  bookmark(resourceVersion: string, atEnd: boolean): object {
    const annotations = atEnd && { annotations: { 'k8s.io/initial-events-end': 'true' } };
    const metadata = { resourceVersion, ...annotations };
    if (this.#form === 'table') return { ...this.#table([], { resourceVersion }), metadata };
    if (this.#form === 'metadata')
      return { kind: 'PartialObjectMetadata', apiVersion: metaVersion, metadata };
    return { apiVersion: this.#shape.apiVersion, kind: this.#shape.kind, metadata };
  }

  answer(response: Response, body: object): void {
    if (!this.#yaml) return void response.type('application/json').end(JSON.stringify(body));
    response.setHeader('Content-Type', 'application/yaml');
    response.end(stringify(body, { aliasDuplicateObjects: false, sortMapEntries: true, lineWidth: 0 }));
  }

  #table(objects: readonly KubeObject[], metadata: object): object {
    const now = this.#now();
    const rows = objects.map((object) => ({
      cells: this.#shape.columns.cells(object, now),
      ...(this.#rowObject === 'Object' && { object }),
      ...(this.#rowObject === 'Metadata' && { object: partial(object) }),
    }));
    const { definitions } = this.#shape.columns;
    return { kind: 'Table', apiVersion: metaVersion, metadata, columnDefinitions: definitions, rows };
  }
}
