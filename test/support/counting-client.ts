// A client that remembers what it was answered, so that it can tell afterwards whether anything of it was lost.
// A request without an answer may or may not have counted: right is every number between `answered` and `asked`.
import { expect } from '@jest/globals';
import { agentSession, call, type Answer } from './client.ts';
import type { Address } from './platform.ts';
import type { ProbeState } from './probe.ts';

export class CountingClient {
  readonly id: string;
  readonly #runtime: string;
  #boot: string | undefined;
  #marked = false;
  #answered = 0;
  #asked = 0;

  constructor(id: string, runtime: string) {
    this.id = id;
    this.#runtime = runtime;
  }

  /** Marks its agent if that was not done yet, else counts one more. Rejects when no answer arrived. */
  async use(at: Address): Promise<void> {
    if (!this.#marked) {
      await this.#ask(at, 'POST', `/mark?value=${this.id}`);
      this.#marked = true;
      return;
    }
    this.#asked += 1;
    const { memory } = await this.#ask(at, 'POST', '/count');
    this.#answered = Math.max(this.#answered, memory);
  }

  /** Asks for a pause; that it is refused because of work in hand is right too. */
  async pause(at: Address): Promise<void> {
    const answer = await call('POST', `${at.controlUrl}/v1/sessions/${this.id}/pause`);
    if (answer.status !== 200) expect(answer.json()).toMatchObject({ code: 'SESSION_STATE' });
  }

  /** The agent is the process that it was, and remembers every count that it answered. */
  async check(at: Address): Promise<void> {
    const state = await this.#ask(at, 'GET', '/');
    for (const counted of [state.memory, state.file]) {
      expect(counted).toBeGreaterThanOrEqual(this.#answered);
      expect(counted).toBeLessThanOrEqual(this.#asked);
    }
    if (this.#marked) expect(state).toMatchObject({ mark: this.id, markInFile: this.id });
  }

  async #ask(at: Address, method: string, path: string): Promise<ProbeState> {
    const state = this.#learn(await agentSession(at, this.#runtime, this.id).call(method, path));
    expect(state.strangers).toBe(0);
    return state;
  }

  #learn(answer: Answer): ProbeState {
    if (answer.status !== 200)
      throw new Error(`session ${this.id} answered ${answer.status}: ${answer.text}`);
    const state = answer.json<ProbeState>();
    this.#boot ??= state.boot;
    expect(state.boot).toBe(this.#boot);
    return state;
  }
}
