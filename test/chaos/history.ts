// What a run wrote down: every operation of a client, every fault, every end of a program, and what was found at rest.
// One JSON object a line, in the order of `at`. The checker and the summary read nothing else.
// Does not own what is right (checker.ts).
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';

/** What a sandbox says of itself. */
export interface Reading {
  /** The label that its first operation carried: which of the clients' sessions it serves. */
  readonly label: string;
  /** Differs for every process. */
  readonly boot: string;
  /** How many operations it carried out; for an operation's answer, that one included. */
  readonly count: number;
  /** Labels other than its own that it ever met. */
  readonly strangers: readonly string[];
}

/** `post`: events are sent; the others are of sessions. */
export type OperationKind = 'open' | 'use' | 'slow' | 'pause' | 'delete' | 'post';

/** How an operation ended, as its client saw it. */
export type Result =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly reading?: Reading;
      readonly sessionId?: string;
      /** `Server-Timing`: what was waited for. */
      readonly timing?: string;
      /** How many deliveries events that were posted make. */
      readonly deliveries?: number;
    }
  | {
      readonly kind: 'refusal';
      readonly status: number;
      readonly code?: string;
      readonly retryable?: boolean;
      readonly retryAfter?: string;
      readonly sessionId?: string;
      readonly text: string;
    }
  /** Nobody accepted the connection. */
  | { readonly kind: 'unreachable'; readonly why: string }
  /** The connection was accepted and ended before the whole answer was there. */
  | { readonly kind: 'broken'; readonly why: string }
  /** The client waited as long as a client may be made to wait, and left. */
  | { readonly kind: 'late' };

export interface Begin {
  readonly t: 'begin';
  readonly at: number;
  readonly op: string;
  readonly kind: OperationKind;
  readonly label: string;
  /** The program that was asked. */
  readonly through: string;
  /** Absent while the client does not know its session's id. */
  readonly id?: string;
  /** The events that are posted, in the order in which they are sent. */
  readonly events?: readonly string[];
}

export interface End {
  readonly t: 'end';
  readonly at: number;
  readonly op: string;
  readonly result: Result;
}

/** What was done to the run. `target`: a program, `redis`, a sandbox, or `all` connections. */
export interface FaultEntry {
  readonly t: 'fault';
  readonly at: number;
  readonly what:
    | 'kill'
    | 'kill-sandbox'
    | 'freeze'
    | 'thaw'
    | 'cut'
    | 'stall'
    | 'slow'
    | 'mend'
    | 'redis-down'
    | 'redis-up'
    | 'emptied';
  readonly target: string;
  readonly detail?: string;
}

/** A program came up or went, whoever was the cause. */
export interface Life {
  readonly t: 'life';
  readonly at: number;
  readonly program: string;
  readonly what: 'ready' | 'gone';
  readonly detail?: string;
}

/** What a session's sandbox said when everything had healed; `why` when it could not be asked. */
export interface Final {
  readonly t: 'final';
  readonly at: number;
  readonly label: string;
  readonly id: string;
  readonly reading?: Reading;
  /** Every operation that it carried out, in order. */
  readonly ops?: readonly string[];
  readonly why?: string;
}

export interface SessionAtRest {
  readonly id: string;
  readonly state: string;
  readonly sandbox?: string;
  /** Why it ended, or what became of its last sandbox. */
  readonly why?: string;
}

/** All that there is when everything has healed and nobody asks for anything. */
export interface Inventory {
  readonly t: 'inventory';
  readonly at: number;
  /** What the machine has: a folder each. */
  readonly sandboxes: readonly string[];
  /** Those of which a process lives. */
  readonly alive: readonly string[];
  /** What the control API tells. */
  readonly sessions: readonly SessionAtRest[];
  /** How many sandboxes are to wait in the pool. */
  readonly pool: number;
}

export interface Started {
  readonly t: 'started';
  readonly at: number;
  readonly seed: number;
  /** Of a run of events: how many, and the time of `at` 0 (ms since the epoch). */
  readonly events?: number;
  readonly epoch?: number;
  readonly minutes: number;
}

/** One event in a handler's hands. */
export interface Handling {
  readonly id: string;
  /** When its handler began (ms since the epoch). */
  readonly at: number;
  /** The process that handled it. */
  readonly boot: string;
  /** Other events that the same process had in hand then. */
  readonly beside: readonly string[];
}

/** What one session wrote down of the events it handled, in the order in which it did. */
export interface Handled {
  readonly t: 'handled';
  readonly at: number;
  readonly session: string;
  /** The subject of all of them. */
  readonly subject: string;
  readonly handlings: readonly Handling[];
}

/** Events among the dead letters in the end. */
export interface Dead {
  readonly t: 'dead';
  readonly at: number;
  readonly letters: readonly {
    readonly id: string;
    /** What the last try was answered; 0: nothing. */
    readonly code: number;
    readonly tries: number;
    readonly why: string;
  }[];
}

/** How many events were dealt with so far. */
export interface SettledSoFar {
  readonly t: 'settled';
  readonly at: number;
  readonly events: number;
}

/** How many deliveries the queue still had when everything had healed. */
export interface Waiting {
  readonly t: 'waiting';
  readonly at: number;
  readonly deliveries: number;
}

export type Entry =
  Begin | End | FaultEntry | Life | Final | Inventory | Started | Handled | Dead | Waiting | SettledSoFar;

type Untimed<T> = T extends Entry ? Omit<T, 'at'> : never;

export interface History {
  /** Milliseconds since the run began. */
  now(): number;
  write(entry: Untimed<Entry>): void;
  entries(): readonly Entry[];
  close(): void;
}

/** Kept in memory too; `file` is written line by line, so that a run that is cut off leaves what it saw. */
export function openHistory(file?: string): History {
  const written: Entry[] = [];
  const began = performance.now();
  const out = file === undefined ? undefined : openSync(file, 'w');
  const now = (): number => Math.round(performance.now() - began);
  return {
    now,
    write(entry) {
      const whole: Entry = { ...entry, at: now() };
      written.push(whole);
      if (out !== undefined) writeSync(out, `${JSON.stringify(whole)}\n`);
    },
    entries: () => written,
    close: () => (out === undefined ? undefined : closeSync(out)),
  };
}

export const readHistory = (file: string): Entry[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Entry);
