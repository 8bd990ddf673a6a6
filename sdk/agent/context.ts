// Owns: what a handler knows of its turn, and the little it can do beside answering. One is made for each turn.
import type { Busy, BusyMarks } from './busy.ts';
import type { AgentClock } from './clock.ts';
import type { Log } from './log.ts';
import type { Trace } from './trace.ts';

/** The request of a turn. */
export interface TurnRequest {
  readonly method: string;
  /** Decoded of nothing, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** `authorization` is left out: the platform's own token stands there, never the caller's. */
  readonly headers: Headers;
  /** What stands for `:name` in the route's path, decoded. */
  readonly params: Readonly<Record<string, string>>;
}

/** What a handler gets beside its input. */
export interface Context {
  /** Of the platform; undefined when the agent runs by itself. */
  readonly sessionId: string | undefined;
  /** Counts what this process was asked, from 1. It goes on through pauses and begins anew with a new process. */
  readonly turn: number;
  readonly request: TurnRequest;
  /** Aborted when the caller left, or when the agent must stop and waited long enough. */
  readonly signal: AbortSignal;
  readonly trace: Trace;
  /** Lines with the session, turn and trace of this turn. */
  readonly log: Log;
  /** The time; `agentcube/testing` moves it by hand. */
  readonly clock: AgentClock;
  /** Waits; rejects when `signal` aborts before. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Keeps the session awake until it is ended: `using busy = context.busy('indexing')`. */
  busy(reason?: string): Busy;
  /**
   * Keeps the session awake while the work lasts, whoever waits for it. When it fails that is logged, and nobody need wait for
   * the promise.
   */
  busy<T>(work: Promise<T> | (() => Promise<T>), reason?: string): Promise<T>;
  /** `fetch` with the headers of the trace, aborted with `signal` unless another is given. */
  fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>;
}

/** What a context is made of. */
export interface TurnFacts {
  readonly sessionId: string | undefined;
  readonly turn: number;
  readonly request: TurnRequest;
  readonly signal: AbortSignal;
  readonly trace: Trace;
  readonly log: Log;
  readonly clock: AgentClock;
  readonly marks: BusyMarks;
}

/** The context of a turn. */
export class TurnContext implements Context {
  readonly sessionId: string | undefined;
  readonly turn: number;
  readonly request: TurnRequest;
  readonly signal: AbortSignal;
  readonly trace: Trace;
  readonly log: Log;
  readonly clock: AgentClock;
  readonly #marks: BusyMarks;

  constructor({ sessionId, turn, request, signal, trace, log, clock, marks }: TurnFacts) {
    this.sessionId = sessionId;
    this.turn = turn;
    this.request = request;
    this.signal = signal;
    this.trace = trace;
    this.log = log;
    this.clock = clock;
    this.#marks = marks;
    // Authors take them apart: `async (input, { busy, sleep }) => …`.
    this.busy = this.busy.bind(this);
    this.sleep = this.sleep.bind(this);
    this.fetch = this.fetch.bind(this);
  }

  sleep(ms: number, signal: AbortSignal = this.signal): Promise<void> {
    return new Promise((resolve, reject) => {
      const left = (): void => {
        callOff();
        reject(signal.reason as Error);
      };
      const callOff = this.clock.after(ms, () => {
        signal.removeEventListener('abort', left);
        resolve();
      });
      if (signal.aborted) left();
      else signal.addEventListener('abort', left, { once: true });
    });
  }

  busy(reason?: string): Busy;
  busy<T>(work: Promise<T> | (() => Promise<T>), reason?: string): Promise<T>;
  busy<T>(work?: string | Promise<T> | (() => Promise<T>), reason = 'work'): Busy | Promise<T> {
    if (work === undefined || typeof work === 'string') {
      const end = this.#marks.begin(work ?? reason);
      return { end, [Symbol.dispose]: end };
    }
    return this.#busyWith(work, reason);
  }

  fetch(input: string | URL | Request, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers ?? (input instanceof Request ? input.headers : undefined));
    for (const [name, value] of Object.entries(this.trace.headers)) headers.set(name, value);
    return fetch(input, { signal: this.signal, ...init, headers });
  }

  #busyWith<T>(work: Promise<T> | (() => Promise<T>), reason: string): Promise<T> {
    const end = this.#marks.begin(reason);
    const outcome = (async () => (typeof work === 'function' ? work() : work))();
    outcome.then(end, (fault: unknown) => {
      this.log.error('work in the background failed', { reason, error: fault });
      end();
    });
    return outcome;
  }
}
