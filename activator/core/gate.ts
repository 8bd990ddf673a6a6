// What becomes of the requests that wait for one session, decided from what the store answers and what the feed pushes.
// S3: they are let through, refused by type, or their session is being woken; nobody waits while it runs. S6: older news changes nothing.
// Does not own the waiting requests, their order or their deadlines.
import type { Session, StateKind } from '../../model/session.ts';

export interface Gate {
  /** `asking`: the store was asked for a lease and has not answered. `waiting`: the session does not run and was asked to wake. */
  readonly phase: 'asking' | 'waiting';
  /** The newest that is known of the session. */
  readonly seen: Session | undefined;
  /** The version at which a wake was first asked for; a failure after it is ours to tell. */
  readonly wokenAt: number | undefined;
  /** The state in which the first wake found it. */
  readonly foundIn: StateKind | undefined;
  /** The generation in which the first wake found it: its memory was of that one. */
  readonly foundGeneration: number | undefined;
}

export type GateEvent =
  /** The store's answer: `granted` means a lease is held on the running session. */
  | { readonly kind: 'answered'; readonly granted: boolean; readonly session: Session | undefined }
  /** The feed told of a stored change. */
  | { readonly kind: 'changed'; readonly session: Session }
  /** It took long: a message may have been lost, so the store is asked again. */
  | { readonly kind: 'doubted' };

export type Refusal = 'SESSION_NOT_FOUND' | 'SESSION_ENDED' | 'SANDBOX_START_FAILED' | 'SANDBOX_CRASHED';

export type GateMove =
  | { readonly kind: 'open' }
  | { readonly kind: 'ask' }
  | { readonly kind: 'wake' }
  | { readonly kind: 'wait' }
  | { readonly kind: 'refuse'; readonly code: Refusal; readonly reason?: string };

export interface GateStep {
  readonly gate: Gate;
  readonly move: GateMove;
}

/** A gate that asks the store first. */
export const askingGate: Gate = {
  phase: 'asking',
  seen: undefined,
  wokenAt: undefined,
  foundIn: undefined,
  foundGeneration: undefined,
};

/** Whether a session that runs now was started again since the first wake, or by it: its memory is not the one that it had. */
export const hasNewMemory = ({ seen, foundIn, foundGeneration }: Gate): boolean =>
  foundIn === 'restarting' || seen?.generation !== foundGeneration;

const starting = (kind: StateKind | undefined): boolean => kind === 'creating' || kind === 'restarting';
const onItsWay = (kind: StateKind): boolean => starting(kind) || kind === 'resuming';

type Ended = Extract<Session['state'], { kind: 'ending' | 'ended' }>;

function refuseEnded(state: Ended, woken: boolean): GateMove {
  const { reason } = state;
  if (reason.kind !== 'failed') return { kind: 'refuse', code: 'SESSION_ENDED', reason: reason.kind };
  return woken
    ? { kind: 'refuse', code: 'SANDBOX_START_FAILED', reason: reason.why }
    : { kind: 'refuse', code: 'SESSION_ENDED', reason: `failed: ${reason.why}` };
}

function wake(gate: Gate, session: Session): GateStep {
  const woken = {
    ...gate,
    phase: 'waiting' as const,
    seen: session,
    wokenAt: gate.wokenAt ?? session.version,
    foundIn: gate.foundIn ?? session.state.kind,
    foundGeneration: gate.foundGeneration ?? session.generation,
  };
  return { gate: woken, move: { kind: 'wake' } };
}

/** What follows from a session that does not run. `told` by the feed: what is on its way need not be asked for again. */
function consider(gate: Gate, session: Session, told: boolean): GateStep {
  const { state } = session;
  const next = { ...gate, phase: 'waiting' as const, seen: session };
  if (state.kind === 'ended' || state.kind === 'ending') {
    return { gate: next, move: refuseEnded(state, gate.wokenAt !== undefined) };
  }
  const failed = state.kind === 'suspended' && state.lost !== undefined;
  if (failed && gate.wokenAt !== undefined && session.version > gate.wokenAt) {
    const code = starting(gate.seen?.state.kind) ? 'SANDBOX_START_FAILED' : 'SANDBOX_CRASHED';
    return { gate: next, move: { kind: 'refuse', code, reason: state.lost } };
  }
  return told && onItsWay(state.kind) ? { gate: next, move: { kind: 'wait' } } : wake(gate, session);
}

const ask = (gate: Gate, session: Session | undefined): GateStep => ({
  gate: { ...gate, phase: 'asking', seen: session },
  move: { kind: 'ask' },
});

function answered(gate: Gate, event: Extract<GateEvent, { kind: 'answered' }>): GateStep {
  if (!event.session) return { gate, move: { kind: 'refuse', code: 'SESSION_NOT_FOUND' } };
  const later = gate.seen && gate.seen.version > event.session.version ? gate.seen : undefined;
  const newest = later ?? event.session;
  if (newest.state.kind !== 'running') return consider(gate, newest, false);
  if (event.granted) return { gate: { ...gate, seen: newest }, move: { kind: 'open' } };
  return ask(gate, newest);
}

/** The one way a gate changes. The shell carries out the move, and closes the gate after `open` and `refuse`. */
export function gateStep(gate: Gate, event: GateEvent): GateStep {
  if (event.kind === 'answered') return answered(gate, event);
  if (event.kind === 'doubted') {
    return gate.phase === 'waiting' ? ask(gate, gate.seen) : { gate, move: { kind: 'wait' } };
  }
  const { session } = event;
  if (gate.seen && session.version <= gate.seen.version) return { gate, move: { kind: 'wait' } };
  if (gate.phase === 'asking') return { gate: { ...gate, seen: session }, move: { kind: 'wait' } };
  return session.state.kind === 'running' ? ask(gate, session) : consider(gate, session, true);
}
