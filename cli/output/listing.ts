// Listings as lines: which columns, with the namespace in front, with the kind before the name. Decides only.
import { GrowingTable, tableLines, type Table } from './table.ts';
import type { Listing, Row } from '../things/thing.ts';

export interface Shape {
  readonly wide: boolean;
  readonly namespaces: boolean;
  /** Written before each name, where several kinds are listed. */
  readonly prefix?: string;
  readonly headings: boolean;
}

function cells(row: Row, { wide, namespaces, prefix }: Shape): string[] {
  const [name = '', ...rest] = row.cells;
  const shown = prefix === undefined ? name : `${prefix}/${name}`;
  return [...(namespaces ? [row.namespace] : []), shown, ...rest, ...(wide ? row.more : [])];
}

const asTable = (listing: Listing, shape: Shape): Table => ({
  columns: [
    ...(shape.namespaces ? ['Namespace'] : []),
    ...listing.columns,
    ...(shape.wide ? listing.moreColumns : []),
  ],
  rows: listing.rows.map((row) => cells(row, shape)),
});

export function listingLines(listing: Listing, shape: Shape): string[] {
  const lines = tableLines(asTable(listing, shape));
  return shape.headings ? lines : lines.slice(1);
}

/** Lines of one listing after the other, under the headings of the first. */
export class GrowingListing {
  readonly #table = new GrowingTable();
  readonly #shape: Shape;
  #first = true;

  constructor(shape: Shape) {
    this.#shape = shape;
  }

  lines(listing: Listing): string[] {
    const lines = this.#table.lines(asTable(listing, this.#shape));
    const bare = this.#first && !this.#shape.headings ? lines.slice(1) : lines;
    this.#first = false;
    return bare;
  }
}
