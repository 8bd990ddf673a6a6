// Tries of deliveries told within one process. A listener that throws does not keep the others from hearing.
import type { DeliveryFeed, DeliveryTelling, ToldTry } from '../../model/delivery-watch.ts';

export function memoryDeliveryWatch(onFault: (fault: unknown) => void): DeliveryTelling & DeliveryFeed {
  const listeners = new Set<(told: ToldTry) => void>();
  const tell = (told: ToldTry): void => {
    for (const listener of [...listeners]) {
      try {
        listener(told);
      } catch (fault) {
        onFault(fault);
      }
    }
  };
  return {
    watched: () => listeners.size > 0,
    tell,
    watch(listener) {
      // One function may watch twice.
      const own = (told: ToldTry): void => listener(told);
      listeners.add(own);
      return () => void listeners.delete(own);
    },
  };
}
