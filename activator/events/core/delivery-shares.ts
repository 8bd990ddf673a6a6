// How many deliveries of each trigger may be taken now. Does not own the counts, nor which delivery is next.
// A trigger whose target is slow holds up no other: a few of each trigger have a place whatever else is in hand.

/** A trigger that may want more. */
export interface Share {
  readonly trigger: string;
  readonly inHand: number;
  /** The most of it that may be in hand at once. */
  readonly concurrency: number;
}

export interface Room {
  /** Deliveries of all triggers that may be in hand at once, beside those that each has a right to. */
  readonly most: number;
  /** So many of each trigger have a place in any case. */
  readonly each: number;
}

/** First what each has a right to, then what is left goes around, one at a time. Answers only those that may want any. */
export function sharesOf(shares: readonly Share[], { most, each }: Room): ReadonlyMap<string, number> {
  const wants = new Map<string, number>();
  let free = most;
  for (const { trigger, inHand, concurrency } of shares) {
    free -= inHand;
    const right = Math.min(each, concurrency) - inHand;
    if (right > 0) wants.set(trigger, right);
  }
  for (const count of wants.values()) free -= count;
  let open = shares.filter((share) => leftOf(share, wants) > 0);
  while (free > 0 && open.length > 0) {
    const round = Math.max(1, Math.floor(free / open.length));
    for (const share of open) {
      const given = Math.min(round, free, leftOf(share, wants));
      if (given > 0) wants.set(share.trigger, (wants.get(share.trigger) ?? 0) + given);
      free -= given;
    }
    open = open.filter((share) => leftOf(share, wants) > 0);
  }
  return wants;
}

const leftOf = ({ trigger, inHand, concurrency }: Share, wants: ReadonlyMap<string, number>): number =>
  concurrency - inHand - (wants.get(trigger) ?? 0);
