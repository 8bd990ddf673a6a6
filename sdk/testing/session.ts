// Owns: one session as its caller has it: calls, and the states that it goes through as the platform lets it: starting with the first
// call, pausing when nothing is in hand for `pauseAfterMs`, waking with the next call, ending when nobody came for too long.
import type { Agent } from '../agent/definition.ts';
import { sessionHeader } from '../agent/session-id.ts';
import type { AgentClock } from '../agent/clock.ts';
import { ask, connect } from './connection.ts';
import { settle } from './manual-clock.ts';
import { Sandbox } from './sandbox.ts';
import type { LoggedLine, TestSocket } from './seen.ts';
import { openSocket } from './socket.ts';

/** `new` until the first call; `lost` when its memory is gone and the next call starts it anew. */
export type TestSessionState = 'new' | 'running' | 'paused' | 'lost' | 'ended';

/** What a session is made of. */
export interface SessionFacts {
  readonly id: string;
  readonly agent: () => Agent | Promise<Agent>;
  readonly clock: AgentClock;
  readonly pauseAfterMs: number;
  readonly sessionTimeoutMs: number;
  readonly maxSessionDurationMs: number;
}

/** A call, as of `fetch`. `json` is a body, too. */
export interface CallInit {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | ReadableStream<Uint8Array>;
  readonly json?: unknown;
  readonly signal?: AbortSignal;
}

const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** As the platform's is read, but for its signature. */
const tokenFor = (sessionId: string): string =>
  `Bearer ${base64({ alg: 'none' })}.${base64({ session_id: sessionId })}.`;

export class TestSession {
  readonly id: string;
  /** All that its agent logged, over all its lives. */
  readonly logs: readonly LoggedLine[];
  readonly #facts: SessionFacts;
  readonly #lines: LoggedLine[];
  #state: TestSessionState = 'new';
  #sandbox: Sandbox | undefined;
  #starting: Promise<Sandbox> | undefined;
  #inHand = 0;
  #idleSince = 0;
  #why = '';
  #callOff: (() => void)[] = [];

  constructor(facts: SessionFacts) {
    this.#facts = facts;
    this.id = facts.id;
    this.#lines = [];
    this.logs = this.#lines;
  }

  get state(): TestSessionState {
    return this.#state;
  }

  /** Why it is kept awake although nobody calls, as the agent says. */
  get busy(): readonly string[] {
    return this.#sandbox?.busy ?? [];
  }

  /** Any call. The answer bears `x-agentcube-session-id`, and `server-timing` when the session had to be started or woken. */
  async fetch(path: string, init: CallInit = {}): Promise<Response> {
    if (this.#state === 'ended') return this.#gone();
    const release = this.#hold();
    try {
      const [sandbox, timing] = await this.#awake();
      const answer = await ask(sandbox.http, callOf(this.id, path, init), release);
      const headers = new Headers(answer.headers);
      headers.set(sessionHeader, this.id);
      if (timing) headers.set('server-timing', timing);
      const { status, statusText } = answer;
      return new Response(answer.body, { status, statusText, headers });
    } catch (fault) {
      release();
      throw fault;
    }
  }

  /** `POST` of JSON; what it answered, parsed. Rejects when the status is none of success, with the answer's error as message. */
  async invoke<O = unknown>(payload: unknown, path = '/'): Promise<O> {
    const answer = await this.fetch(path, { method: 'POST', json: payload });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${answer.status}: ${text}`);
    return (/\bjson\b/.test(answer.headers.get('content-type') ?? '') ? JSON.parse(text) : text) as O;
  }

  /** Opens a WebSocket. */
  async socket(path: string): Promise<TestSocket> {
    const release = this.#hold();
    try {
      const [sandbox] = await this.#awake();
      const connection = connect(sandbox.http);
      connection.once('close', release);
      return await openSocket(connection, path, { authorization: tokenFor(this.id) });
    } catch (fault) {
      release();
      throw fault;
    }
  }

  /** Pauses it now; false when it has something in hand or says that it is busy. */
  async pause(): Promise<boolean> {
    // An answer that was just read is still being put away.
    await settle();
    return this.#pause();
  }

  /** Its process dies: memory is gone, and the next call starts a new one. Calls in hand break. */
  crash(): void {
    if (!this.#sandbox) return;
    this.#sandbox.kill();
    this.#sandbox = undefined;
    this.#starting = undefined;
    this.#state = 'lost';
  }

  /** Ends it as one machine does: at once, without a word to the agent. */
  end(why = 'deleted'): void {
    this.#forget();
    this.#sandbox?.kill();
    this.#finish(why);
  }

  /** Ends it as Kubernetes does: SIGTERM, what is in hand is finished, `onEnd`. */
  async terminate(): Promise<void> {
    this.#forget();
    this.#sandbox?.wake();
    await this.#sandbox?.stop();
    this.#finish('deleted');
  }

  #pause(): boolean {
    if (this.#state !== 'running' || this.#inHand > 0 || this.busy.length > 0) return false;
    this.#sandbox?.sleep();
    this.#state = 'paused';
    return true;
  }

  #finish(why: string): void {
    this.#sandbox = undefined;
    this.#state = 'ended';
    this.#why = why;
  }

  #forget(): void {
    for (const off of this.#callOff.splice(0)) off();
  }

  /** The sandbox, running; and what `server-timing` says of it. */
  async #awake(): Promise<[Sandbox, string | undefined]> {
    if (this.#sandbox && this.#state === 'running') return [this.#sandbox, undefined];
    if (this.#sandbox && this.#state === 'paused') {
      this.#state = 'running';
      this.#sandbox.wake();
      return [this.#sandbox, 'wake;dur=0;desc="paused"'];
    }
    const isNew = this.#state === 'new';
    this.#starting ??= this.#start(isNew);
    const sandbox = await this.#starting;
    return [sandbox, isNew ? 'cold;dur=0' : 'wake;dur=0;desc="suspended", memory;desc="new"'];
  }

  async #start(isNew: boolean): Promise<Sandbox> {
    const { agent, clock, maxSessionDurationMs } = this.#facts;
    this.#sandbox = await Sandbox.start(await agent(), clock, this.#lines);
    this.#state = 'running';
    if (isNew) this.#callOff.push(clock.after(maxSessionDurationMs, () => this.end('max-duration')));
    return this.#sandbox;
  }

  /** Something is in hand until the returned function is called, which may be more than once. */
  #hold(): () => void {
    let held = true;
    this.#inHand += 1;
    return () => {
      if (!held) return;
      held = false;
      this.#inHand -= 1;
      if (this.#inHand === 0) this.#rest();
    };
  }

  #rest(): void {
    const { clock, pauseAfterMs, sessionTimeoutMs } = this.#facts;
    const since = (this.#idleSince = clock.now());
    if (this.#state === 'ended') return;
    this.#callOff.push(clock.after(pauseAfterMs, () => this.#pauseWhenIdle(since)));
    this.#callOff.push(clock.after(sessionTimeoutMs, () => this.#endWhenIdle(since)));
  }

  #pauseWhenIdle(since: number): void {
    if (this.#state !== 'running' || this.#inHand > 0 || this.#idleSince !== since) return;
    // Work that the agent declared counts as use.
    if (!this.#pause()) this.#rest();
  }

  #endWhenIdle(since: number): void {
    if (this.#inHand === 0 && this.#idleSince === since) this.end('idle');
  }

  #gone(): Response {
    const error = `session ${this.id} ended: ${this.#why}`;
    return Response.json(
      { error, code: 'SESSION_ENDED', retryable: false, reason: this.#why },
      { status: 404 },
    );
  }
}

function callOf(sessionId: string, path: string, { method, headers, body, json, signal }: CallInit) {
  const all = new Headers(headers);
  if (json !== undefined) all.set('content-type', 'application/json');
  // A caller's token ends at the platform; the sandbox gets one that names the session.
  all.set('authorization', tokenFor(sessionId));
  const bytes = json === undefined ? body : JSON.stringify(json);
  const sent = typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes;
  if (sent instanceof Uint8Array) all.set('content-length', String(sent.byteLength));
  return { method: method ?? (sent === undefined ? 'GET' : 'POST'), path, headers: all, body: sent, signal };
}
