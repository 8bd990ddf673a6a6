// Tries of deliveries told over Redis' channels. Whoever watches says so again and again; who tries tells for as long as it hears that.
// Does not own the connection. Telling never waits: what Redis does not take in time is not told.
import type { Cancel } from '../../model/clock.ts';
import type { DeliveryFeed, DeliveryTelling, ToldTry } from '../../model/delivery-watch.ts';
import type { RedisBus } from './bus.ts';

type Bus = Pick<RedisBus, 'onMessage' | 'send'>;

/** How often a watcher says that it is there, and how long that is believed (ms). */
const sayMs = 2_000;
const believeMs = 6_000;
/** Messages under way; more are not told. */
const mostUnderWay = 500;

/** For who tries. It listens from now on. */
export function redisDeliveryTelling(bus: Bus): DeliveryTelling {
  let until = 0;
  let underWay = 0;
  bus.onMessage('watchers', () => (until = performance.now() + believeMs));
  return {
    watched: () => performance.now() < until,
    tell(told) {
      if (underWay >= mostUnderWay) return;
      underWay += 1;
      void bus.send('deliveries', JSON.stringify(told)).finally(() => (underWay -= 1));
    },
  };
}

/** For who watches. */
export function redisDeliveryFeed(bus: Bus): DeliveryFeed {
  let watchers = 0;
  let stop: Cancel = () => undefined;
  const begin = (): void => {
    const say = (): void => void bus.send('watchers', '');
    say();
    const saying = setInterval(say, sayMs).unref();
    stop = () => clearInterval(saying);
  };
  return {
    watch(listener) {
      const cancel = bus.onMessage('deliveries', (text) => listener(JSON.parse(text) as ToldTry));
      if ((watchers += 1) === 1) begin();
      let watching = true;
      return () => {
        if (!watching) return;
        watching = false;
        cancel();
        if ((watchers -= 1) === 0) stop();
      };
    },
  };
}
