// Objects as the table that kubectl prints (meta.k8s.io/v1 Table), by the columns of their CustomResourceDefinition.
// Decides only; says the same as an API server does of the same object. Does not own which objects, nor whether a table is wanted.
import { age } from '../../model/age.ts';
import { jsonPath } from './json-path.ts';

/** A column of a CustomResourceDefinition (`additionalPrinterColumns`). */
export interface PrinterColumn {
  readonly name: string;
  readonly type: string;
  readonly jsonPath: string;
  readonly description?: string;
  readonly format?: string;
  /** Above 0: only for `-o wide`. */
  readonly priority?: number;
}

export type Cell = string | number | boolean | null;

export interface ColumnDefinition {
  readonly name: string;
  readonly type: string;
  readonly format: string;
  readonly description: string;
  readonly priority: number;
}

const nameColumn: ColumnDefinition = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description:
    'Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to ' +
    'request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and ' +
    'configuration definition. Cannot be updated. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names',
  priority: 0,
};

const definitionOf = ({
  name,
  type,
  format = '',
  description = '',
  priority = 0,
}: PrinterColumn): ColumnDefinition => ({
  ...{ name, type, format, description, priority },
});

function dateCell(value: string, now: number): string {
  const at = Date.parse(value);
  return Number.isNaN(at) ? '<invalid>' : age(now - at);
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

function cellOf(type: string, value: unknown, now: number): Cell {
  if (value === null || value === undefined) return null;
  if (type === 'integer') return typeof value === 'number' ? Math.trunc(value) : null;
  if (type === 'number') return typeof value === 'number' ? value : null;
  if (type === 'boolean') return typeof value === 'boolean' ? value : null;
  if (type === 'date') return typeof value === 'string' ? dateCell(value, now) : null;
  return textOf(value);
}

export class Columns {
  readonly definitions: readonly ColumnDefinition[];
  readonly #cells: readonly ((object: unknown, now: number) => Cell)[];

  constructor(columns: readonly PrinterColumn[]) {
    this.definitions = [nameColumn, ...columns.map(definitionOf)];
    this.#cells = [nameCell, ...columns.map(cellsOf)];
  }

  /** `now` is ms since the epoch: ages count up to it. */
  cells(object: unknown, now: number): readonly Cell[] {
    return this.#cells.map((cell) => cell(object, now));
  }
}

const nameAt = jsonPath('.metadata.name');
const nameCell = (object: unknown): Cell => textOf(nameAt(object)[0] ?? '');

function cellsOf({ type, jsonPath: path }: PrinterColumn): (object: unknown, now: number) => Cell {
  const find = jsonPath(path);
  return (object, now) => cellOf(type, find(object)[0], now);
}
