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

export type OperationKind = 'open' | 'use' | 'slow' | 'pause' | 'delete';

/** How an operation ended, as its client saw it. */
export type Result =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly reading?: Reading;
      readonly sessionId?: string;
      /** `Server-Timing`: what was waited for. */
      readonly timing?: string;
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
}

export interface End {
  readonly t: 'end';
  readonly at: number;
  readonly op: string;
  readonly result: Result;
}

/** What was done to the run. `target`: a program, `redis`, or `all` connections. */
export interface FaultEntry {
  readonly t: 'fault';
  readonly at: number;
  readonly what:
    'kill' | 'freeze' | 'thaw' | 'cut' | 'stall' | 'slow' | 'mend' | 'redis-down' | 'redis-up' | 'emptied';
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
  readonly minutes: number;
}

export type Entry = Begin | End | FaultEntry | Life | Final | Inventory | Started;

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
