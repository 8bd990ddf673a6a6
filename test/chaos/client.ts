// A client of the run: sends each operation once, to the program it is told, and writes down how it began and ended.
// Does not own what is asked when (load.ts, tests) nor what is right (checker.ts).
import type { History, OperationKind, Result } from './history.ts';
import { ask, type Asked } from './request.ts';

/** A program as clients know it. */
export interface Door {
  readonly name: string;
  readonly url: string;
}

/** A session as its client knows it. */
export interface Held {
  readonly label: string;
  readonly runtime: string;
  readonly id: string;
}

export const invocation = (door: Door, runtime: string, path: string): string =>
  `${door.url}/v1/namespaces/default/agent-runtimes/${runtime}/invocations${path}`;

export class Client {
  readonly #history: History;
  readonly #patienceMs: number;
  /** Counts over all workers, so that no two operations or sessions have one name. */
  #names = 0;

  /** `patienceMs`: how long it waits for an answer; longer than any program may take. */
  constructor(history: History, patienceMs: number) {
    this.#history = history;
    this.#patienceMs = patienceMs;
  }

  /** A new session, held as soon as anybody told its id, in whatever answer. */
  async open(
    runtime: string,
    door: Door,
  ): Promise<{ readonly held: Held | undefined; readonly result: Result }> {
    const label = this.#name('c');
    const result = await this.#work('open', { label, runtime }, door, '/use?');
    const id = 'sessionId' in result ? result.sessionId : undefined;
    return { held: id === undefined ? undefined : { label, runtime, id }, result };
  }

  use(held: Held, door: Door): Promise<Result> {
    return this.#work('use', held, door, '/use?');
  }

  /** Carried out at once, answered `ms` later. */
  slow(held: Held, door: Door, ms: number): Promise<Result> {
    return this.#work('slow', held, door, `/slow?ms=${ms}&`);
  }

  pause({ label, id }: Held, controller: Door): Promise<Result> {
    const url = `${controller.url}/v1/sessions/${id}/pause`;
    return this.#send({ kind: 'pause', label, id, door: controller }, { method: 'POST', url });
  }

  delete({ label, id }: Held, controller: Door): Promise<Result> {
    const url = `${controller.url}/v1/sessions/${id}`;
    return this.#send({ kind: 'delete', label, id, door: controller }, { method: 'DELETE', url });
  }

  #name(prefix: string): string {
    this.#names += 1;
    return `${prefix}${this.#names}`;
  }

  /** Something that the sandbox counts. */
  #work(
    kind: OperationKind,
    { label, runtime, id }: Omit<Held, 'id'> & { readonly id?: string },
    door: Door,
    path: string,
  ): Promise<Result> {
    const op = this.#name('op');
    const url = invocation(door, runtime, `${path}op=${op}&label=${label}`);
    const session = id === undefined ? {} : { session: id };
    return this.#send(
      { op, kind, label, door, ...(id !== undefined && { id }) },
      { method: 'POST', url, ...session },
    );
  }

  async #send(
    { door, op = this.#name('op'), ...operation }: Operation,
    asked: Omit<Asked, 'patienceMs'>,
  ): Promise<Result> {
    this.#history.write({ t: 'begin', op, through: door.name, ...operation });
    const wants = operation.kind === 'pause' || operation.kind === 'delete' ? 'nothing' : 'reading';
    const { result } = await ask({ ...asked, patienceMs: this.#patienceMs }, wants);
    this.#history.write({ t: 'end', op, result });
    return result;
  }
}

interface Operation {
  readonly op?: string;
  readonly kind: OperationKind;
  readonly label: string;
  readonly door: Door;
  readonly id?: string;
}
