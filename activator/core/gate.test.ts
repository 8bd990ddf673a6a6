// The gate, as scenarios (testdata/gate.txt) and as a search for a request that waits although its session runs (S3).
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import type { Session, SessionEvent, SessionState, StateKind } from '../../model/session.ts';
import { actionOf, step } from '../../model/session.ts';
import { sessionIn, stateOf } from '../../test/support/sessions.ts';
import { askingGate, gateStep, hasNewMemory, type Gate, type GateEvent, type GateMove } from './gate.ts';

const why = 'exit code 1';

function stateFrom(kind: StateKind, detail: string | undefined): SessionState {
  const plain = stateOf(kind);
  if (plain.kind === 'suspended' && detail === 'lost') return { ...plain, lost: why };
  if (plain.kind !== 'ending' && plain.kind !== 'ended') return plain;
  if (detail === 'failed') return { ...plain, reason: { kind: 'failed', why } };
  return { ...plain, reason: { kind: detail === 'idle' ? 'idle' : 'deleted' } };
}

function eventFrom(heard: string): GateEvent {
  const [what, kind, version, detail] = heard.split(/ +/);
  if (what === 'doubted') return { kind: 'doubted' };
  const session =
    kind === 'nothing'
      ? undefined
      : sessionIn(stateFrom(kind as StateKind, detail), { version: Number(version) });
  if (what === 'told' && session) return { kind: 'changed', session };
  return { kind: 'answered', granted: detail === 'granted', session };
}

const shown = (move: GateMove): string =>
  move.kind === 'refuse'
    ? ['refuse', move.code, move.reason].filter((word) => word !== undefined).join(' ')
    : move.kind;

const text = readFileSync(new URL('testdata/gate.txt', import.meta.url), 'utf8');
const scenarios = text
  .split('\n\n')
  .slice(1)
  .map((block) => block.trim().split('\n'))
  .map(([name, ...lines]) => ({
    name,
    lines: lines.map((line) => line.split('->').map((side) => side.trim())),
  }));

describe('scenarios', () => {
  test('are all read', () => expect(scenarios.length).toBeGreaterThan(15));

  test.each(scenarios)('$name', ({ lines }) => {
    let gate: Gate = askingGate;
    for (const [heard = '', done] of lines) {
      const next = gateStep(gate, eventFrom(heard));
      expect(`${heard} -> ${shown(next.move)}`).toBe(`${heard} -> ${done}`);
      gate = next.gate;
    }
  });
});

describe('whether memory is new', () => {
  const woken = (first: Session, last: Session): boolean => {
    const { gate } = gateStep(askingGate, { kind: 'answered', granted: false, session: first });
    return hasNewMemory(gateStep(gate, { kind: 'answered', granted: true, session: last }).gate);
  };
  const at = (kind: StateKind, version: number, generation: number): Session =>
    sessionIn(kind, { version, generation });

  test.each([
    ['slept with it', at('paused', 1, 1), at('running', 3, 1), false],
    ['was suspended', at('suspended', 4, 1), at('running', 6, 2), true],
    ['was being started again', at('restarting', 5, 2), at('running', 6, 2), true],
    [
      'crashed while it was woken, and was started again by somebody',
      at('paused', 1, 1),
      at('running', 9, 2),
      true,
    ],
  ])('a session that %s', (_, first, last, isNew) => expect(woken(first, last)).toBe(isNew));
});

/** Numbers that look random and are the same each time. */
function seeded(seed: number): (below: number) => number {
  let state = seed + 1;
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
}

/** A session with its controller, a feed that may lose messages or deliver them late, and a gate with one request. */
class World {
  readonly #random: (below: number) => number;
  session: Session;
  gate: Gate = askingGate;
  /** Undefined while the request waits. */
  outcome: GateMove | undefined;
  #undelivered: Session[] = [];
  #asking = true;

  constructor(seed: number) {
    this.#random = seeded(seed);
    const kinds = ['creating', 'running', 'pausing', 'paused', 'suspended', 'ended'] as const;
    this.session = sessionIn(kinds[this.#random(kinds.length)] as StateKind);
  }

  turn(): void {
    const choice = this.#random(5);
    if (choice === 0) this.#drive();
    else if (choice === 1) this.#answer();
    else if (choice === 2) this.#deliver();
    else if (choice === 3 && this.#random(4) === 0) this.#disturb();
    else if (this.#random(6) === 0) this.#undelivered.splice(this.#random(this.#undelivered.length + 1), 1);
  }

  /** Nothing disturbs any more: what is under way comes to its end, and after a while the gate doubts. */
  settle(): void {
    for (let i = 0; i < 12 && this.outcome === undefined; i += 1) {
      while (actionOf(this.session.state) !== null) this.#drive();
      while (this.#undelivered.length > 0) this.#deliver();
      this.#answer();
      if (!this.#asking) this.#hear({ kind: 'doubted' });
    }
  }

  #apply(event: SessionEvent): void {
    const result = step(this.session, event, 0);
    if ('ignored' in result) return;
    this.session = result.changed;
    this.#undelivered.push(result.changed);
  }

  /** The controller carries out the action that is due, sometimes without success. */
  #drive(): void {
    const { generation } = this.session;
    const { sandbox } = stateOf('running') as Extract<SessionState, { kind: 'running' }>;
    const action = actionOf(this.session.state);
    if (this.#random(10) === 0) return this.#apply({ kind: 'lost', generation, why });
    if (action === 'start') this.#apply({ kind: 'started', generation, sandbox });
    if (action === 'pause') this.#apply({ kind: 'paused', generation });
    if (action === 'resume') this.#apply({ kind: 'resumed', generation, sandbox });
    if (action === 'suspend') this.#apply({ kind: 'suspended', generation });
    if (action === 'stop') this.#apply({ kind: 'stopped', generation });
  }

  #disturb(): void {
    const events: SessionEvent[] = [
      { kind: 'idle' },
      { kind: 'older' },
      { kind: 'end', reason: { kind: 'deleted' } },
    ];
    this.#apply(events[this.#random(9) % 4 === 3 ? 2 : this.#random(2)] as SessionEvent);
  }

  #answer(): void {
    if (!this.#asking) return;
    this.#asking = false;
    this.#hear({ kind: 'answered', granted: this.session.state.kind === 'running', session: this.session });
  }

  #deliver(): void {
    const [session] = this.#undelivered.splice(this.#random(this.#undelivered.length), 1);
    if (session) this.#hear({ kind: 'changed', session });
  }

  #hear(event: GateEvent): void {
    if (this.outcome) return;
    const { gate, move } = gateStep(this.gate, event);
    this.gate = gate;
    if (move.kind === 'ask') this.#asking = true;
    if (move.kind === 'wake') this.#apply({ kind: 'wanted' });
    if (move.kind === 'open') expect(this.session.state.kind).toBe('running');
    if (move.kind === 'open' || move.kind === 'refuse') this.outcome = move;
  }
}

describe('whatever happens to the session and its messages', () => {
  test('nobody waits while it runs, and nobody waits for ever', () => {
    const outcomes = new Map<string, number>();
    for (let seed = 0; seed < 5_000; seed += 1) {
      const world = new World(seed);
      for (let turn = 0; turn < 40; turn += 1) world.turn();
      world.settle();
      expect({ seed, outcome: world.outcome?.kind, state: world.session.state.kind }).toMatchObject({
        outcome: expect.stringMatching(/open|refuse/),
      });
      const name = shown(world.outcome as GateMove);
      outcomes.set(name, (outcomes.get(name) ?? 0) + 1);
    }
    // The search went everywhere: each way to end was met.
    for (const end of [
      'open',
      'refuse SESSION_ENDED deleted',
      `refuse SANDBOX_CRASHED ${why}`,
      `refuse SANDBOX_START_FAILED ${why}`,
    ]) {
      expect(outcomes.get(end)).toBeGreaterThan(10);
    }
  });
});
