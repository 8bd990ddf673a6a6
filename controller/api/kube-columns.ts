// What the CustomResourceDefinitions say of a kind beside its schema: names, short names, categories and printer columns.
// Does not own the definitions (config/crds/), of which a cluster is told the same.
import { definitionOf } from '../../config/crds/definitions.ts';
import type { Structural } from '../../config/crds/structural.ts';
import type { ResourceKind } from '../../model/resource.ts';
import { Columns, type PrinterColumn } from '../core/kube-table.ts';

/** A CustomResourceDefinition as far as it is served here. */
export interface Definition {
  readonly spec: {
    readonly group: string;
    readonly names: {
      readonly kind: string;
      readonly listKind: string;
      readonly plural: string;
      readonly singular: string;
      readonly shortNames: readonly string[];
      readonly categories: readonly string[];
    };
    readonly versions: readonly [
      {
        readonly name: string;
        readonly additionalPrinterColumns: readonly PrinterColumn[];
        readonly schema: { readonly openAPIV3Schema: Structural };
      },
    ];
  };
}

export const servedDefinition = (kind: ResourceKind): Definition => definitionOf(kind) as Definition;

export const columnsOf = (kind: ResourceKind): Columns =>
  new Columns(servedDefinition(kind).spec.versions[0].additionalPrinterColumns);
