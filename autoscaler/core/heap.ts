// A binary heap: what comes first by an order is on top. Does not know what it holds.
// Invariant: nothing in it comes before what is on top. Only the top may change while it is in here, and `sink` is told of it.

export class Heap<T> {
  readonly #items: T[];
  readonly #before: (a: T, b: T) => boolean;

  /** `before` is a strict order. Linear in the number of items (Floyd, Algorithm 245: Treesort 3, CACM 1964). */
  constructor(items: readonly T[], before: (a: T, b: T) => boolean) {
    this.#items = [...items];
    this.#before = before;
    for (let place = (items.length >> 1) - 1; place >= 0; place -= 1) this.#sink(place);
  }

  get top(): T | undefined {
    return this.#items[0];
  }

  /** Takes the top away. */
  pop(): void {
    const last = this.#items.pop();
    if (last === undefined || this.#items.length === 0) return;
    this.#items[0] = last;
    this.#sink(0);
  }

  /** To be called when the top has changed so that it comes later than before. */
  sink(): void {
    this.#sink(0);
  }

  #sink(from: number): void {
    const item = this.#items[from];
    if (item === undefined) return;
    let place = from;
    for (let child = this.#firstChild(place); child !== undefined; child = this.#firstChild(place)) {
      const above = this.#items[child];
      if (above === undefined || !this.#before(above, item)) break;
      this.#items[place] = above;
      place = child;
    }
    this.#items[place] = item;
  }

  /** The place of that child which comes first. */
  #firstChild(place: number): number | undefined {
    const left = this.#items[2 * place + 1];
    const right = this.#items[2 * place + 2];
    if (left === undefined) return undefined;
    return right !== undefined && this.#before(right, left) ? 2 * place + 2 : 2 * place + 1;
  }
}
