// Which deployed objects a request is about, as kubectl's -n, -l and --field-selector say. Does not own reading them.
import type { Metadata } from '../../model/metadata.ts';
import { selectsFields, type FieldSelector } from './field-selector.ts';
import { selectsLabels, type LabelSelector } from './label-selector.ts';

/** What is absent selects everything. */
export interface Selection {
  /** Absent: all namespaces. */
  readonly namespace?: string;
  readonly labels?: LabelSelector;
  readonly fields?: FieldSelector;
}

export const selects = (
  { namespace, labels = [], fields = [] }: Selection,
  { metadata }: { readonly metadata: Metadata },
): boolean =>
  (namespace === undefined || metadata.namespace === namespace) &&
  selectsLabels(labels, metadata.labels) &&
  selectsFields(fields, metadata);
