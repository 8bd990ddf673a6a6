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
  /** Waits; rejects when `signal` (that of the turn by default) aborts before. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  readonly busy: KeepBusy;
  /** `fetch` with the headers of the trace, aborted with `signal` unless another is given. */
  readonly fetch: (input: string | URL | Request, init?: RequestInit) => Promise<Response>;
}

/** Tells the platform that there is work although nobody is connected. */
export interface KeepBusy {
  /** Keeps the session awake until it is ended: `using busy = context.busy('indexing')`. */
  (reason?: string): Busy;
  /**
   * Keeps the session awake while the work lasts. When it fails that is logged, so nobody need wait for the promise. Its turn may
   * be over long before: give `sleep` and `fetch` a signal of its own.
   */
  <T>(work: Promise<T> | (() => Promise<T>), reason?: string): Promise<T>;
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
  }

  readonly sleep: Context['sleep'] = (ms, signal = this.signal) =>
    new Promise((resolve, reject) => {
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

  // Authors take a context apart, `async (input, { busy, sleep }) => …`, so these are bound.
  readonly busy: KeepBusy = this.#busy.bind(this);

  readonly fetch: Context['fetch'] = (input, init = {}) => {
    const headers = new Headers(init.headers ?? (input instanceof Request ? input.headers : undefined));
    for (const [name, value] of Object.entries(this.trace.headers)) headers.set(name, value);
    return fetch(input, { signal: this.signal, ...init, headers });
  };

  #busy(reason?: string): Busy;
  #busy<T>(work: Promise<T> | (() => Promise<T>), reason?: string): Promise<T>;
  #busy<T>(work?: string | Promise<T> | (() => Promise<T>), reason = 'work'): Busy | Promise<T> {
    if (work !== undefined && typeof work !== 'string') return this.#busyWith(work, reason);
    const end = this.#marks.begin(work ?? reason);
    return { end, [Symbol.dispose]: end };
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
