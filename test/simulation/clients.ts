// The people who use the platform: each has a session, asks for work in it, and remembers every answer.
// S3: an accepted request is answered once and in time. Answers: from its own session's sandbox, with nothing that was counted missing.
import { isUsable } from '../../activator/core/leases.ts';
import type { Caller } from '../../activator/resolve.ts';
import type { Failure } from '../../activator/core/failures.ts';
import type { Route } from '../../activator/lease-book.ts';
import type { RuntimeKey } from '../../model/sandbox.ts';
import { runtimeKeyText } from '../../model/sandbox.ts';
import type { Session, StateKind } from '../../model/session.ts';
import { wakeTimeoutMs, type ActivatorProgram } from './activator-program.ts';
import { trueSandbox, type Ledger } from './ledger.ts';
import type { Random } from './random.ts';
import type { SimProcess } from './sim-process.ts';
import type { SimHost, Told } from './sim-host.ts';
import { commandTimeoutMs } from './wire.ts';
import type { World } from './world.ts';

/** A look-up or a new session needs two answers of the store at most before the wait begins, which has its own deadline. */
const answerDeadlineMs = wakeTimeoutMs + 3 * commandTimeoutMs + 500;

interface FailureBody {
  readonly code?: string;
  readonly error?: string;
}

/** States that only rest leads to. A crash or an end comes whatever is leased. */
const asleep: ReadonlySet<StateKind> = new Set(['pausing', 'paused', 'resuming', 'suspending']);

export interface ClientDeps {
  readonly world: World;
  readonly ledger: Ledger;
  readonly host: SimHost;
  readonly luck: Random;
  /** Whether the store, as it is now, knows of the lease that a route lives by. */
}

/** One request, from when the activator took it. */
class Request implements Caller {
  readonly id: string;
  readonly target: Caller['target'];
  gone = false;
  /** Undefined until a new session is known. */
  sessionId: string | undefined;
  /** `waiting` until it is forwarded or refused; `over` when the client has an answer or its connection broke. */
  stage: 'waiting' | 'forwarded' | 'over' = 'waiting';
  readonly #deps: ClientDeps;
  readonly #client: Client;
  readonly #activator: ActivatorProgram;
  readonly #workMs: number;
  #route: Route | undefined;
  #listeners: (() => void)[] = [];
  #done: () => void = () => undefined;

  constructor(id: string, deps: ClientDeps, client: Client, activator: ActivatorProgram, workMs: number) {
    this.id = id;
    this.#deps = deps;
    this.#client = client;
    this.#activator = activator;
    this.#workMs = workMs;
    this.target = { key: client.runtime, text: runtimeKeyText(client.runtime) };
  }

  /** By which it was forwarded last. */
  get route(): Route | undefined {
    return this.#route;
  }

  get program(): ActivatorProgram {
    return this.#activator;
  }

  onGone(listener: () => void): () => void {
    this.#listeners.push(listener);
    return () => {
      this.#listeners = this.#listeners.filter((one) => one !== listener);
    };
  }

  /** Whether it counts as use of a session under a lease that its activator relies on. */
  holds({ id, generation }: Session): boolean {
    const { process } = this.#activator;
    const route = this.#route;
    return (
      this.stage === 'forwarded' &&
      process.alive &&
      route?.sessionId === id &&
      route.generation === generation &&
      isUsable(route, process.clock.now())
    );
  }

  refuse(failure: Failure, beside: { readonly sessionId?: string | undefined }): void {
    this.#once('waiting');
    const body = JSON.parse(failure.body) as FailureBody;
    this.#close(() => this.#client.refused(this, body, beside.sessionId));
  }

  forward(route: Route, _timing: string | undefined, again?: () => void): void {
    this.#once('waiting');
    const { world, host, luck } = this.#deps;
    this.stage = 'forwarded';
    this.#route = route;
    const { room } = this.#activator.routing;
    const done = route.work();
    room.inHand += 1;
    this.#done = () => {
      this.#done = () => undefined;
      done();
      room.inHand -= 1;
    };
    const sandboxId = sandboxOf(route);
    this.#client.forwarded(this, route, sandboxId);
    const { id, workMs } = { id: this.id, workMs: this.#workMs };
    const answered = (told: Told): void =>
      this.#hear(() => this.#close(() => this.#client.answered(this, route.sessionId, told)));
    const lost = (how: 'refused' | 'broken'): void => this.#hear(() => this.#lost(route, how, again));
    world.scheduler.after(luck.between(0.1, 2), () =>
      host.deliver(sandboxId, { id, workMs, answered, lost }),
    );
  }

  /** The client closes its connection. */
  leave(): void {
    if (this.stage === 'over') return;
    this.#activator.process.later(0.3, () => {
      if (this.stage === 'over') return;
      this.gone = true;
      this.stage = 'over';
      for (const listener of [...this.#listeners]) listener();
      this.#done();
    });
  }

  /** The activator died: the client's connection breaks. */
  broke(): void {
    this.stage = 'over';
  }

  #once(stage: Request['stage']): void {
    if (this.stage !== stage)
      this.#deps.world.fail('S3', `request ${this.id} was answered twice, or after it left`);
  }

  /** Something comes back from the sandbox. */
  #hear(then: () => void): void {
    this.#activator.process.later(this.#deps.luck.between(0.1, 2), () => {
      if (this.stage === 'forwarded') then();
    });
  }

  /** As an HTTP request does it: asked again once when nothing was there to take it. */
  #lost(route: Route, how: 'refused' | 'broken', again: (() => void) | undefined): void {
    route.doubt();
    if (how === 'refused' && again) {
      this.#done();
      this.stage = 'waiting';
      return again();
    }
    const code = how === 'refused' ? 'SANDBOX_UNREACHABLE' : 'SANDBOX_CONNECTION_LOST';
    this.#close(() => this.#client.refused(this, { code }, route.sessionId));
  }

  #close(tell: () => void): void {
    this.stage = 'over';
    this.#done();
    tell();
  }
}

export type { Request };

function sandboxOf(route: Route): string {
  const door = route.doors[0];
  if (!door || !('address' in door) || door.address.kind !== 'unix')
    throw new Error('a simulated sandbox has one door');
  return decodeURIComponent(door.address.socketPath.slice(1));
}

export class Client {
  readonly name: string;
  readonly runtime: RuntimeKey;
  sessionId: string | undefined;
  readonly requests: Request[] = [];
  readonly #deps: ClientDeps;
  readonly #answeredIn = new Set<string>();
  #next = 1;

  constructor(name: string, runtime: RuntimeKey, deps: ClientDeps) {
    this.name = name;
    this.runtime = runtime;
    this.#deps = deps;
  }

  /** Asks an activator for work (ms) in its session, or in a new one when it has none. */
  ask(activator: ActivatorProgram, workMs: number): void {
    const { world, luck } = this.#deps;
    const request = new Request(`${this.name}-${this.#next++}`, this.#deps, this, activator, workMs);
    const { process } = activator;
    const { sessionId } = this;
    request.sessionId = sessionId;
    this.requests.push(request);
    world.note(
      () => `${this.name} asks ${process.name}: request ${request.id} in ${sessionId ?? 'a new session'}`,
    );
    process.later(luck.between(0.2, 1), () => {
      if (!request.gone) activator.resolve(request, sessionId);
    });
    const wasFrozen = process.frozenTimes;
    world.scheduler.after(answerDeadlineMs, () => {
      const ran = process.alive && !process.frozen && process.frozenTimes === wasFrozen;
      if (ran && request.stage === 'waiting')
        world.fail(
          'S3',
          `request ${request.id} to ${process.name} has no answer after ${answerDeadlineMs} ms`,
        );
    });
  }

  /** Its requests to a program that died. */
  programDied(process: SimProcess): void {
    for (const request of this.requests) if (request.program.process === process) request.broke();
  }

  forwarded(request: Request, route: Route, sandboxId: string): void {
    const { world, ledger } = this.#deps;
    const { sessionId } = route;
    const { name } = request.program.process;
    world.note(() => `${name} forwards ${request.id} to sandbox ${sandboxId}`);
    const owner = ledger.owner(sandboxId);
    if (owner?.id !== sessionId)
      world.fail(
        'answers',
        `request ${request.id} of session ${sessionId} went to sandbox ${sandboxId} of ${owner?.id ?? 'nobody'}`,
      );
    else if (
      asleep.has(owner.state.kind) &&
      owner.generation === route.generation &&
      !ledger.isDoubted(owner)
    )
      world.fail(
        'S2',
        `request ${request.id} was forwarded by ${name} under a lease, and session ${sessionId} is ${owner.state.kind}`,
      );
    if (request.sessionId !== undefined && request.sessionId !== sessionId)
      world.fail(
        'answers',
        `request ${request.id} of session ${request.sessionId} went to session ${sessionId}`,
      );
    request.sessionId = sessionId;
    this.sessionId = sessionId;
  }

  answered(request: Request, sessionId: string, told: Told): void {
    const { world, ledger } = this.#deps;
    world.note(() => `${this.name} has an answer to ${request.id}: count ${told.count}`);
    this.#answeredIn.add(sessionId);
    if (ledger.owner(trueSandbox(told.sandboxId))?.id !== sessionId)
      world.fail(
        'answers',
        `request ${request.id} of session ${sessionId} was answered by sandbox ${told.sandboxId}`,
      );
  }

  refused(request: Request, body: FailureBody, sessionId: string | undefined): void {
    const { world } = this.#deps;
    world.note(
      () => `${this.name} is refused ${request.id}: ${body.code ?? body.error ?? '?'} ${sessionId ?? ''}`,
    );
    if (body.code === undefined || body.code === 'INTERNAL')
      world.fail('fault', `request ${request.id} was refused with ${JSON.stringify(body)}`);
    if (sessionId !== undefined) this.sessionId = sessionId;
    const gone = body.code === 'SESSION_NOT_FOUND' || body.code === 'SESSION_ENDED';
    if (gone && request.sessionId !== undefined) this.#told(body.code, request.sessionId);
  }

  /** S4: "not found" never hides a loss. */
  #told(code: string, id: string): void {
    const { world, ledger } = this.#deps;
    const state = ledger.session(id)?.state.kind;
    const over = state === 'ending' || state === 'ended';
    const mayBeLost = !this.#answeredIn.has(id) && ledger.isForgotten(id);
    if (this.sessionId === id) this.sessionId = undefined;
    if (!over && !mayBeLost)
      world.fail('S4', `${this.name} is told ${code} of session ${id}, which is ${state ?? 'unknown'}`);
  }
}
