// A driver whose sandboxes are entries in a map: what the other side of the driver port would do, told by the test.
// Each action can be held, failed, or left to succeed at once.
import type { Driver, FoundSandbox, SandboxExit, SandboxSpec, SessionMark } from '../../controller/driver.ts';
import type { Cancel } from '../../model/clock.ts';
import { PlatformError } from '../../model/errors.ts';
import type { SandboxRef } from '../../model/sandbox.ts';

type Action = 'start' | 'restart' | 'pause' | 'resume' | 'stop';

export interface ScriptedSandbox {
  spec: SandboxSpec;
  state: 'running' | 'paused' | 'stopped';
  busy: string[];
  why?: string;
}

export const refOf = (spec: Pick<SandboxSpec, 'id' | 'name'>): SandboxRef => ({
  id: spec.id,
  name: spec.name,
  entryPoints: [{ path: '/', protocol: 'HTTP', endpoint: `unix:///nowhere/${spec.id}.sock` }],
});

export class ScriptedDriver implements Driver {
  readonly sandboxes = new Map<string, ScriptedSandbox>();
  /** Every action asked for, as `pause <id>`. */
  readonly calls: string[] = [];
  readonly #failures = new Map<Action, string>();
  readonly #holds = new Map<Action, Promise<undefined>>();
  readonly #listeners = new Set<(exit: SandboxExit) => void>();

  /** The next actions of that kind fail with this reason until `heal`. */
  fail(action: Action, reason: string): void {
    this.#failures.set(action, reason);
  }

  heal(): void {
    this.#failures.clear();
  }

  /** The next action of that kind waits until the returned function is called. */
  hold(action: Action): () => void {
    const gate = Promise.withResolvers<undefined>();
    this.#holds.set(action, gate.promise);
    return () => gate.resolve(undefined);
  }

  /** Somebody removes the sandbox with everything that it has. */
  remove(id: string, why: string): void {
    const { generation } = this.#known(id).spec;
    this.sandboxes.delete(id);
    for (const listener of this.#listeners) listener({ id, generation, why, gone: true });
  }

  /** The sandbox dies of itself. */
  crash(id: string, why: string): void {
    const sandbox = this.#known(id);
    sandbox.state = 'stopped';
    sandbox.why = why;
    for (const listener of this.#listeners) listener({ id, generation: sandbox.spec.generation, why });
  }

  async start(spec: SandboxSpec): Promise<SandboxRef> {
    await this.#begin('start', spec.id);
    this.sandboxes.set(spec.id, { spec, state: 'running', busy: [] });
    return refOf(spec);
  }

  async restart(id: string, generation: number): Promise<SandboxRef> {
    await this.#begin('restart', id);
    const kept = this.sandboxes.get(id);
    if (!kept) throw new PlatformError('SANDBOX_START_FAILED', 'no files', { reason: 'no files were kept' });
    this.sandboxes.set(id, { spec: { ...kept.spec, generation }, state: 'running', busy: [] });
    return refOf(kept.spec);
  }

  async stop(id: string, files: 'remove' | 'keep-files'): Promise<void> {
    await this.#begin('stop', id);
    const sandbox = this.sandboxes.get(id);
    if (files === 'remove') this.sandboxes.delete(id);
    else if (sandbox) sandbox.state = 'stopped';
  }

  async mark(id: string, session: SessionMark): Promise<void> {
    const sandbox = this.#known(id);
    sandbox.spec = { ...sandbox.spec, session };
  }

  async pause(id: string): ReturnType<Driver['pause']> {
    await this.#begin('pause', id);
    const sandbox = this.#known(id);
    if (sandbox.busy.length > 0) return { busy: sandbox.busy };
    sandbox.state = 'paused';
    return { paused: true };
  }

  async resume(id: string): Promise<SandboxRef> {
    await this.#begin('resume', id);
    const sandbox = this.#known(id);
    sandbox.state = 'running';
    return refOf(sandbox.spec);
  }

  async busy(id: string): Promise<readonly string[]> {
    return this.sandboxes.get(id)?.busy ?? [];
  }

  async list(): Promise<readonly FoundSandbox[]> {
    return [...this.sandboxes.values()].map(({ spec, state, why }) => ({
      ...{ spec, state, ref: refOf(spec) },
      ...(why !== undefined && { why }),
    }));
  }

  onExit(listener: (exit: SandboxExit) => void): Cancel {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async resolve(image: string): Promise<{ readonly digest: string }> {
    return { digest: `digest-of-${image}` };
  }

  describe(): { tier: string; lacks: string[] } {
    return { tier: 'scripted', lacks: [] };
  }

  async close(): Promise<void> {
    // Nothing is held.
  }

  async #begin(action: Action, id: string): Promise<void> {
    this.calls.push(`${action} ${id}`);
    const held = this.#holds.get(action);
    this.#holds.delete(action);
    await held;
    const reason = this.#failures.get(action);
    if (reason !== undefined) throw new PlatformError('SANDBOX_START_FAILED', `${action} failed`, { reason });
  }

  #known(id: string): ScriptedSandbox {
    const sandbox = this.sandboxes.get(id);
    if (!sandbox || sandbox.state === 'stopped')
      throw new PlatformError('SANDBOX_CRASHED', 'the sandbox is gone');
    return sandbox;
  }
}
