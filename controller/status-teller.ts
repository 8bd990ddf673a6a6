// Tells each object's status to whoever keeps the objects: only what changed, never more than one telling at a time, what
// people wait for within a second, what only counts a few times a minute, reasons once a minute. Does not own what a status says.
// What could not be told is told later, as it is then; what was told and is not so there any more is told again.
import type { Cancel, Clock } from '../model/clock.ts';
import type { ToldStatus } from '../model/told-status.ts';
import { sameJson } from './core/stored-runtime.ts';

interface ObjectKey {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

const keyText = ({ kind, namespace, name }: ObjectKey): string => `${kind}/${namespace}/${name}`;

const nameOf = ({ kind, namespace, name }: ObjectKey): ObjectKey => ({ kind, namespace, name });

export interface StatusTellerDeps<Key extends ObjectKey> {
  /** What there is to tell now, over what was told before; undefined when it is gone. */
  readonly statusOf: (key: Key, before: ToldStatus | undefined) => ToldStatus | undefined;
  /** Does nothing for what is gone. */
  readonly tell: (key: Key, status: ToldStatus) => Promise<void>;
  readonly clock: Clock;
  readonly log: (message: string, fields: Readonly<Record<string, unknown>>) => void;
}

interface Telling<Key extends ObjectKey> {
  readonly key: Key;
  told: ToldStatus | undefined;
  /** When something was last told or tried (ms since the epoch). */
  lastAt: number;
  failures: number;
  timer: { readonly at: number; readonly cancel: Cancel } | undefined;
  underWay: boolean;
}

/** Several changes that come together are told together. */
const gatherMs = 50;
const betweenMs = 1_000;
const betweenCountsMs = 10_000;
const longestBackoffMs = 15_000;

/** Reasons are numbers that hardly ever stand still, and every write costs whoever keeps the objects. */
const betweenReasonsMs = 60_000;

const withoutReasons = ({ scaling, ...rest }: ToldStatus): object => ({
  ...rest,
  scaling: { ...scaling, why: undefined },
});

/** What changes with each session, and is worth no hurry. */
const withoutCounts = ({
  warm: _w,
  wanted: _n,
  active: _a,
  asleep: _s,
  scaling,
  ...rest
}: ToldStatus): object => ({
  ...rest,
  scaling: { class: scaling?.class, dryRun: scaling?.dryRun },
});

/** How long after the last telling this one is due at the earliest (ms). */
function betweenFor(told: ToldStatus | undefined, status: ToldStatus): number {
  if (told === undefined) return betweenMs;
  if (sameJson(withoutReasons(told), withoutReasons(status))) return betweenReasonsMs;
  return sameJson(withoutCounts(told), withoutCounts(status)) ? betweenCountsMs : betweenMs;
}

export class StatusTeller<Key extends ObjectKey> {
  readonly #deps: StatusTellerDeps<Key>;
  readonly #tellings = new Map<string, Telling<Key>>();
  #closed = false;

  constructor(deps: StatusTellerDeps<Key>) {
    this.#deps = deps;
  }

  /** What the object itself says now: what it should say is compared with that from now on. */
  found(key: Key, status: ToldStatus | undefined): void {
    const telling = this.#telling(key);
    if (!telling.underWay) telling.told = status;
    this.look(key);
  }

  /** Something may be otherwise. Returns at once; asking often costs little. */
  look(key: Key): void {
    if (this.#closed) return;
    const telling = this.#telling(key);
    if (telling.underWay) return;
    const status = this.#deps.statusOf(key, telling.told);
    if (!status || sameJson(telling.told, status)) return;
    this.#schedule(telling, Math.max(betweenFor(telling.told, status), this.#backoffMs(telling)));
  }

  /** There is nothing to tell of it any more. */
  forget(key: Key): void {
    this.#tellings.get(keyText(key))?.timer?.cancel();
    this.#tellings.delete(keyText(key));
  }

  close(): void {
    this.#closed = true;
    for (const { timer } of this.#tellings.values()) timer?.cancel();
    this.#tellings.clear();
  }

  #telling(key: Key): Telling<Key> {
    const text = keyText(key);
    const known = this.#tellings.get(text);
    if (known) return known;
    const fresh = { key, told: undefined, lastAt: -Infinity, failures: 0, timer: undefined, underWay: false };
    this.#tellings.set(text, fresh);
    return fresh;
  }

  #backoffMs = ({ failures }: Telling<Key>): number =>
    failures === 0 ? 0 : Math.min(longestBackoffMs, betweenMs * 2 ** (failures - 1));

  #schedule(telling: Telling<Key>, between: number): void {
    const { clock } = this.#deps;
    const at = Math.max(clock.now() + gatherMs, telling.lastAt + between);
    if (telling.timer && telling.timer.at <= at) return;
    telling.timer?.cancel();
    telling.timer = { at, cancel: clock.after(at - clock.now(), () => void this.#tell(telling)) };
  }

  async #tell(telling: Telling<Key>): Promise<void> {
    const { clock, tell, statusOf, log } = this.#deps;
    const { key } = telling;
    telling.timer = undefined;
    const status = statusOf(key, telling.told);
    if (!status || sameJson(telling.told, status)) return;
    telling.underWay = true;
    telling.lastAt = clock.now();
    try {
      // Of what is gone nobody will hear; if there is another of its name, it is found.
      await tell(key, status);
      telling.told = status;
      telling.failures = 0;
    } catch (fault) {
      if (telling.failures === 0) log('a status could not be told; trying again', { ...nameOf(key), fault });
      telling.failures += 1;
    } finally {
      telling.underWay = false;
    }
    if (this.#tellings.get(keyText(key)) === telling) this.look(key);
  }
}
