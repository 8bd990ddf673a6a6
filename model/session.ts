// Owns: which states a session has and how one follows another. Does not own storing it, sandboxes, clocks.
// The table is the implementation: every state answers every event, and each change carries its generation (S6).
// A claimed warm sandbox is frozen, so a claim makes a `paused` session and its first request wakes it.
// In a transitional state exactly one driver action is due (`actionOf`), and doing it twice is doing it once.
import type { RuntimeKey, SandboxRef } from './sandbox.ts';

export type EndReason =
  | { readonly kind: 'deleted' }
  | { readonly kind: 'idle' }
  | { readonly kind: 'max-duration' }
  | { readonly kind: 'failed'; readonly why: string };

/** Where a sandbox's files are kept while nothing of it runs: the id it had and will have again. */
export interface KeptFiles {
  readonly id: string;
  readonly name: string;
}

export type SessionState =
  | { readonly kind: 'creating'; readonly sandbox: KeptFiles }
  | { readonly kind: 'running'; readonly sandbox: SandboxRef }
  | { readonly kind: 'pausing'; readonly sandbox: SandboxRef; readonly wanted: boolean }
  | { readonly kind: 'paused'; readonly sandbox: SandboxRef; readonly claimed: boolean }
  | { readonly kind: 'resuming'; readonly sandbox: SandboxRef; readonly claimed: boolean }
  | { readonly kind: 'suspending'; readonly sandbox: SandboxRef; readonly wanted: boolean }
  | { readonly kind: 'suspended'; readonly files: KeptFiles; readonly lost?: string }
  | { readonly kind: 'restarting'; readonly sandbox: KeptFiles }
  | { readonly kind: 'ending'; readonly files?: KeptFiles; readonly reason: EndReason }
  | { readonly kind: 'ended'; readonly reason: EndReason };

export type StateKind = SessionState['kind'];

/** Durations in milliseconds; null means never. */
export interface SessionPolicy {
  readonly pauseAfterMs: number | null;
  readonly suspendAfterMs: number | null;
  readonly sessionTimeoutMs: number;
  readonly maxSessionDurationMs: number;
}

export interface Session {
  readonly id: string;
  readonly runtime: RuntimeKey;
  readonly revision: string;
  readonly labels: Readonly<Record<string, string>>;
  /** `sub` of who opened it; absent for anonymous callers. */
  readonly ownerId?: string;
  readonly policy: SessionPolicy;
  readonly createdAt: number;
  /** When `state` last changed its kind (ms since the epoch). */
  readonly stateAt: number;
  /** When it last began to run; absent until it first does. Kept while it sleeps, so that sleep shortens no timeout (S7). */
  readonly wokenAt?: number;
  /** Grows each time the session gets a sandbox; fences late messages (S6). */
  readonly generation: number;
  /** Grows with each stored change; what compare-and-set compares. */
  readonly version: number;
  readonly state: SessionState;
}

export type SessionEvent =
  /** A request needs the sandbox. */
  | { readonly kind: 'wanted' }
  /** Nobody has work for it, by lease and by the sandbox's own word. */
  | { readonly kind: 'idle' }
  /** Paused long enough to give its memory back. */
  | { readonly kind: 'older' }
  | { readonly kind: 'started'; readonly generation: number; readonly sandbox: SandboxRef }
  | { readonly kind: 'start-failed'; readonly generation: number; readonly why: string }
  | { readonly kind: 'paused'; readonly generation: number }
  | { readonly kind: 'busy'; readonly generation: number }
  | { readonly kind: 'resumed'; readonly generation: number; readonly sandbox: SandboxRef }
  | { readonly kind: 'suspended'; readonly generation: number }
  /** Nothing of the sandbox is left: crash, out of memory, or gone when the platform came back. */
  | { readonly kind: 'lost'; readonly generation: number; readonly why: string }
  | { readonly kind: 'end'; readonly reason: EndReason }
  | { readonly kind: 'stopped'; readonly generation: number };

export type EventKind = SessionEvent['kind'];

/** `changed`: store it. `ignored`: nothing follows, and why. */
export type Step = { readonly changed: Session } | { readonly ignored: string };

type Cell<S extends StateKind, E extends EventKind> = (
  state: Extract<SessionState, { kind: S }>,
  event: Extract<SessionEvent, { kind: E }>,
) => SessionState | string;

type Row<S extends StateKind> = { readonly [E in EventKind]: Cell<S, E> };
type Table = { readonly [S in StateKind]: Row<S> };

const no = (why: string) => (): string => why;
const keep = (sandbox: KeptFiles): KeptFiles => ({ id: sandbox.id, name: sandbox.name });

const notDue = {
  idle: no('not running'),
  older: no('not paused'),
  started: no('no start is due'),
  'start-failed': no('no start is due'),
  paused: no('no pause is due'),
  busy: no('no pause is due'),
  resumed: no('no resume is due'),
  suspended: no('no suspend is due'),
  stopped: no('no stop is due'),
} as const;

type WithSandbox = { readonly sandbox: KeptFiles };
const lost = (state: WithSandbox, event: { readonly why: string }): SessionState => ({
  kind: 'suspended',
  files: keep(state.sandbox),
  lost: event.why,
});
const end = (state: WithSandbox, event: { readonly reason: EndReason }): SessionState => ({
  kind: 'ending',
  files: keep(state.sandbox),
  reason: event.reason,
});

/** S6: the whole machine. A cell that answers with text ignores the event for that reason. */
const table: Table = {
  creating: {
    ...notDue,
    wanted: no('already starting'),
    started: (_, event) => ({ kind: 'running', sandbox: event.sandbox }),
    'start-failed': (state, event) => end(state, { reason: { kind: 'failed', why: event.why } }),
    lost: (state, event) => end(state, { reason: { kind: 'failed', why: event.why } }),
    end,
  },
  running: {
    ...notDue,
    wanted: no('already running'),
    idle: (state) => ({ kind: 'pausing', sandbox: state.sandbox, wanted: false }),
    lost,
    end,
  },
  pausing: {
    ...notDue,
    wanted: (state) => (state.wanted ? 'already wanted' : { ...state, wanted: true }),
    paused: (state) =>
      state.wanted
        ? { kind: 'resuming', sandbox: state.sandbox, claimed: false }
        : { kind: 'paused', sandbox: state.sandbox, claimed: false },
    busy: (state) => ({ kind: 'running', sandbox: state.sandbox }),
    lost,
    end,
  },
  paused: {
    ...notDue,
    wanted: (state) => ({ kind: 'resuming', sandbox: state.sandbox, claimed: state.claimed }),
    older: (state) => ({ kind: 'suspending', sandbox: state.sandbox, wanted: false }),
    lost,
    end,
  },
  resuming: {
    ...notDue,
    wanted: no('already resuming'),
    resumed: (_, event) => ({ kind: 'running', sandbox: event.sandbox }),
    lost,
    end,
  },
  suspending: {
    ...notDue,
    wanted: (state) => (state.wanted ? 'already wanted' : { ...state, wanted: true }),
    suspended: (state) =>
      state.wanted
        ? { kind: 'restarting', sandbox: keep(state.sandbox) }
        : { kind: 'suspended', files: keep(state.sandbox) },
    lost: no('its processes are being ended on purpose'),
    end,
  },
  suspended: {
    ...notDue,
    wanted: (state) => ({ kind: 'restarting', sandbox: state.files }),
    lost: no('nothing runs'),
    end: (state, event) => ({ kind: 'ending', files: state.files, reason: event.reason }),
  },
  restarting: {
    ...notDue,
    wanted: no('already starting'),
    started: (_, event) => ({ kind: 'running', sandbox: event.sandbox }),
    'start-failed': lost,
    lost,
    end,
  },
  ending: {
    ...notDue,
    wanted: no('ending'),
    lost: no('ending'),
    end: no('already ending'),
    stopped: (state) => ({ kind: 'ended', reason: state.reason }),
  },
  ended: { ...notDue, wanted: no('ended'), lost: no('ended'), end: no('ended') },
};

const getsSandbox = (from: StateKind, to: StateKind): boolean => from !== to && to === 'restarting';

/**
 * The one way a session changes. An event that carries an older generation changes nothing (S6).
 * `now` is ms since the epoch; the answer's version is one more than the session's.
 */
export function step(session: Session, event: SessionEvent, now: number): Step {
  if ('generation' in event && event.generation !== session.generation) {
    return { ignored: `generation ${event.generation} is not the session's ${session.generation}` };
  }
  const cell = table[session.state.kind][event.kind] as Cell<StateKind, EventKind>;
  const next = cell(session.state, event);
  if (typeof next === 'string') return { ignored: next };
  return {
    changed: {
      ...session,
      state: next,
      stateAt: next.kind === session.state.kind ? session.stateAt : now,
      ...(next.kind === 'running' && { wokenAt: now }),
      generation: session.generation + (getsSandbox(session.state.kind, next.kind) ? 1 : 0),
      version: session.version + 1,
    },
  };
}

/** What a driver has to do for a session, or null when it is at rest. */
export type SessionAction = 'start' | 'pause' | 'resume' | 'suspend' | 'stop' | null;

const actions = {
  creating: 'start',
  running: null,
  pausing: 'pause',
  paused: null,
  resuming: 'resume',
  suspending: 'suspend',
  suspended: null,
  restarting: 'start',
  ending: 'stop',
  ended: null,
} as const satisfies Record<StateKind, SessionAction>;

export const actionOf = (state: SessionState): SessionAction => actions[state.kind];

const inMemory: ReadonlySet<StateKind> = new Set(['running', 'pausing', 'paused', 'resuming']);

/**
 * Whether a change must be on disk before it counts. Between awake and asleep it need not: power loss takes the sandbox's memory
 * and with it whatever such a state says, and the session comes back as lost from either.
 */
export const mustOutlivePower = (before: Session, after: Session): boolean =>
  !(
    inMemory.has(before.state.kind) &&
    inMemory.has(after.state.kind) &&
    before.generation === after.generation
  );

/** All states and events, for tests and documentation that walk the whole table. */
export const stateKinds = Object.keys(table) as StateKind[];
export const eventKinds = Object.keys(table.ended) as EventKind[];
