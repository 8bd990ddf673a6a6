// Operations on one thing follow one another; those on different things do not wait. Owns nothing of what they do.

export interface OneByOne {
  /** Runs when all that was given before under this key has settled. */
  run<T>(key: string, work: () => Promise<T>): Promise<T>;
}

export function createOneByOne(): OneByOne {
  const last = new Map<string, Promise<unknown>>();
  return {
    run<T>(key: string, work: () => Promise<T>): Promise<T> {
      const before = last.get(key);
      const mine = before === undefined ? work() : before.then(work, work);
      const settled: Promise<void> = mine.then(
        () => clear(),
        () => clear(),
      );
      const clear = (): void => {
        if (last.get(key) === settled) last.delete(key);
      };
      last.set(key, settled);
      return mine;
    },
  };
}
