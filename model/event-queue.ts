// The port to whatever keeps events until they are handled. Each method is ONE atomic operation; durable when answered.
// Does not own which events a trigger takes, when one is tried again, nor what an answer means: those are the dispatcher's.
// Every method rejects with STORE_UNAVAILABLE when the queue cannot be reached or written; what then became of it is unknown,
// which is why an event may be handled twice and is never lost.
// E1: what `append` answered is handed out by `take` until it is `settled` or buried, whoever was killed when.
// E2: of a lane at most one delivery is in hand at any time, the one that was appended first of those that are left.
// E3: a delivery is in the hands of one holder at a time; whoever lost it learns so when it settles.

/** An event as it arrived, byte for byte, so that it can be handed on as it came. */
export interface EncodedEvent {
  /** `binary`: attributes are in `headers`; `structured`: all of it is `body`, of the content type in `headers`. */
  readonly mode: 'binary' | 'structured';
  /** Lower case names; only those that are part of the event: `ce-*`, `content-type`, `traceparent`, `tracestate`. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array;
}

export interface NewDelivery {
  /** triggerKeyText. */
  readonly trigger: string;
  /** Deliveries of one lane go one after another, of whichever triggers they are. Undefined: this one waits for no other. */
  readonly lane?: string;
  /** `source` and `id` of the event, for people and to know repeats. */
  readonly source: string;
  readonly id: string;
  readonly type: string;
  readonly event: EncodedEvent;
  /** How many replies led to this one. */
  readonly hops: number;
  /** Not stored when the same trigger got the same source and id so lately (ms). */
  readonly dropRepeatsWithinMs?: number;
}

export interface QueueLimits {
  /** Deliveries that may wait, those in hand included: of one trigger, and in all. */
  readonly perTrigger: number;
  readonly total: number;
  /** The most that bodies and headers of all that waits or is dead may take together (bytes). Absent: as much as there is room. */
  readonly bytes?: number;
}

export type Appended =
  /** `repeats`: how many were dropped as such. */
  | { readonly kind: 'stored'; readonly repeats: number }
  /** Nothing was stored. */
  | { readonly kind: 'full'; readonly trigger?: string };

/** A delivery in somebody's hands. */
export interface Taken extends NewDelivery {
  /** Names this delivery in this holder's hands. */
  readonly ticket: string;
  /** When it was appended (ms since the epoch). */
  readonly at: number;
  /** How often it was tried before. */
  readonly tries: number;
  /** What the last try came to. */
  readonly lastError?: DeliveryError;
}

/** What a try came to, in Knative's words: where it went, what it answered, and the beginning of that. */
export interface DeliveryError {
  readonly dest: string;
  /** HTTP status, or 0 when there was no answer. */
  readonly code: number;
  /** At most 1 KiB. */
  readonly data: string;
}

export interface TakeRequest {
  /** Which run of which program takes. */
  readonly holder: string;
  readonly now: number;
  /** Until when they are this holder's without `renew` (ms since the epoch). */
  readonly until: number;
  /** How many of each trigger, by triggerKeyText; of others none. */
  readonly wants: ReadonlyMap<string, number>;
}

export type Outcome =
  | { readonly kind: 'done' }
  /** Not handed out before `dueAt` (ms since the epoch), nor is anything else of its lane. */
  | { readonly kind: 'again'; readonly dueAt: number; readonly error: DeliveryError }
  /** As `again`, but nothing was tried, so it does not count as a try: whoever had it stops, or has no room. */
  | { readonly kind: 'untried'; readonly dueAt: number }
  /** To the dead letters. */
  | { readonly kind: 'buried'; readonly error: DeliveryError; readonly at: number };

export interface DeadLetter {
  readonly deadId: string;
  readonly trigger: string;
  readonly source: string;
  readonly id: string;
  readonly type: string;
  readonly event: EncodedEvent;
  readonly hops: number;
  readonly tries: number;
  readonly lane?: string;
  readonly error: DeliveryError;
  /** When it was buried, and when it was appended (ms since the epoch). */
  readonly buriedAt: number;
  readonly at: number;
}

export interface DeadLetterQuery {
  readonly namespace: string;
  /** triggerKeyText. */
  readonly trigger?: string;
  readonly limit: number;
  /** The deadId that the page before ended with; pages are from the oldest to the newest. */
  readonly after?: string;
}

export interface TriggerBacklog {
  readonly trigger: string;
  /** Waiting or in hand. */
  readonly waiting: number;
  readonly dead: number;
  /** When the oldest that waits was appended (ms since the epoch). */
  readonly oldestAt?: number;
}

export interface EventQueue {
  /** All or none, in the order given. Of repeats within one call the first is stored. */
  append(deliveries: readonly NewDelivery[], limits: QueueLimits, now: number): Promise<Appended>;
  /**
   * What is due, is in nobody's hands (any more) and is first of its lane. Deliveries without a lane that were never tried come in the
   * order of their append; what was tried before, or waited for its lane, neither starves nor is starved by what is new.
   * Fewer than wanted were found when fewer are answered.
   */
  take(request: TakeRequest): Promise<readonly Taken[]>;
  /** Keeps them in hand; answers those tickets that are the holder's no more. */
  renew(tickets: readonly string[], holder: string, until: number): Promise<readonly string[]>;
  /** Answers false, and changes nothing, when the ticket is the holder's no more. Until somebody else took it, it is the holder's. */
  settle(ticket: string, holder: string, outcome: Outcome): Promise<boolean>;
  /** What waits for each trigger of which anything waits or is dead. */
  backlog(): Promise<readonly TriggerBacklog[]>;
  /** To the dead letters with what was appended for that trigger before `before` and is in nobody's hands; answers how many. */
  expire(trigger: string, before: number, error: DeliveryError, now: number): Promise<number>;
  /**
   * Told soon after something became due for a trigger for which nothing was due before; a message may be lost, and nobody is told
   * when a time (`dueAt`, the end of a holding) has come. So whoever is told takes until it gets less than it wants, and asks now and then.
   */
  onAppended(listener: (trigger: string) => void): () => void;
}

export interface DeadLetters {
  dead(query: DeadLetterQuery): Promise<readonly DeadLetter[]>;
  /** Undefined when there is none. */
  deadOne(deadId: string): Promise<DeadLetter | undefined>;
  /** Puts them back into the queue as if they came now; answers how many there were. */
  replay(deadIds: readonly string[], now: number): Promise<number>;
  /** Forgets them; answers how many there were. */
  drop(deadIds: readonly string[]): Promise<number>;
  /** Forgets those buried before `before`, and of each trigger the oldest beyond `most`; answers how many of which trigger. */
  ageOut(before: number, most: number): Promise<ReadonlyMap<string, number>>;
}

/** A key and the session that it means, by the words of `bind`. */
export interface Binding {
  readonly key: string;
  readonly sessionId: string;
}

export interface KnownBinding extends Binding {
  /** When its session was first noted to have ended (ms since the epoch). */
  readonly endedAt?: number;
}

/** Which session an event's key means, and when schedules struck last. */
export interface EventBindings {
  /** The session that `key` means: `sessionId` when it meant none before, or meant `instead` of which nothing is left. */
  bind(key: string, sessionId: string, instead?: string): Promise<string>;
  /**
   * Some bindings, about `most`, and what to ask for next, absent at the end. Whatever is there from a pass' beginning to its end is
   * told at least once; a binding may be told twice.
   */
  bindings(
    most: number,
    after?: string,
  ): Promise<{ readonly found: readonly KnownBinding[]; readonly next?: string }>;
  /** Notes when their sessions ended (ms since the epoch), where that is not noted yet and the key still means that session. */
  noteEnded(bindings: readonly Binding[], at: number): Promise<void>;
  /** Forgets keys that still mean that session and that are the lane of no delivery; answers how many. */
  forgetKeys(bindings: readonly Binding[]): Promise<number>;
  /** True for the first who asks for this tick of this schedule; a later tick than the last one only. */
  strike(trigger: string, tick: number): Promise<boolean>;
  /** The last tick that was struck (ms since the epoch). */
  lastStrike(trigger: string): Promise<number | undefined>;
}

/** One queue is all of these over the same data. */
export interface EventStore extends EventQueue, DeadLetters, EventBindings {}
