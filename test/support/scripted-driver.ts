// A driver whose sandboxes are entries in a map: what the other side of the driver port would do, told by the test.
// Each action can be held, failed, or left to succeed at once.
import type { Driver, SandboxExit, SandboxSpec } from '../../controller/driver.ts';
import { PlatformError } from '../../model/errors.ts';
import type { SandboxRef } from '../../model/sandbox.ts';

type Action = 'start' | 'restart' | 'pause' | 'resume' | 'stop';

export interface ScriptedSandbox {
  readonly spec: SandboxSpec;
  state: 'running' | 'paused' | 'stopped';
  busy: string[];
}

export interface ScriptedDriver extends Driver {
  readonly sandboxes: Map<string, ScriptedSandbox>;
  /** Every action asked for, as `pause <id>`. */
  readonly calls: string[];
  /** The next actions of that kind fail with this reason until `heal`. */
  fail(action: Action, reason: string): void;
  heal(): void;
  /** The next action of that kind waits until the returned function is called. */
  hold(action: Action): () => void;
  /** The sandbox dies of itself. */
  crash(id: string, why: string): void;
}

export const refOf = (spec: Pick<SandboxSpec, 'id' | 'name'>): SandboxRef => ({
  id: spec.id,
  name: spec.name,
  entryPoints: [{ path: '/', protocol: 'HTTP', endpoint: `unix:///nowhere/${spec.id}.sock` }],
});

export function scriptedDriver(): ScriptedDriver {
  const sandboxes = new Map<string, ScriptedSandbox>();
  const calls: string[] = [];
  const failures = new Map<Action, string>();
  const holds = new Map<Action, Promise<void>>();
  const listeners = new Set<(exit: SandboxExit) => void>();

  async function begin(action: Action, id: string): Promise<void> {
    calls.push(`${action} ${id}`);
    const held = holds.get(action);
    holds.delete(action);
    await held;
    const reason = failures.get(action);
    if (reason !== undefined) throw new PlatformError('SANDBOX_START_FAILED', `${action} failed`, { reason });
  }

  function known(id: string): ScriptedSandbox {
    const sandbox = sandboxes.get(id);
    if (!sandbox || sandbox.state === 'stopped')
      throw new PlatformError('SANDBOX_CRASHED', 'the sandbox is gone');
    return sandbox;
  }

  return {
    sandboxes,
    calls,
    fail: (action, reason) => void failures.set(action, reason),
    heal: () => failures.clear(),
    hold(action) {
      const gate = Promise.withResolvers<undefined>();
      holds.set(action, gate.promise);
      return () => gate.resolve(undefined);
    },
    crash(id, why) {
      const sandbox = known(id);
      sandbox.state = 'stopped';
      for (const listener of listeners) listener({ id, generation: sandbox.spec.generation, why });
    },
    async start(spec) {
      await begin('start', spec.id);
      sandboxes.set(spec.id, { spec, state: 'running', busy: [] });
      return refOf(spec);
    },
    async restart(id, generation) {
      await begin('restart', id);
      const kept = sandboxes.get(id);
      if (!kept)
        throw new PlatformError('SANDBOX_START_FAILED', 'no files', { reason: 'no files were kept' });
      sandboxes.set(id, { spec: { ...kept.spec, generation }, state: 'running', busy: [] });
      return refOf(kept.spec);
    },
    async stop(id, files) {
      await begin('stop', id);
      const sandbox = sandboxes.get(id);
      if (files === 'remove') sandboxes.delete(id);
      else if (sandbox) sandbox.state = 'stopped';
    },
    async pause(id) {
      await begin('pause', id);
      const sandbox = known(id);
      if (sandbox.busy.length > 0) return { busy: sandbox.busy };
      sandbox.state = 'paused';
      return { paused: true };
    },
    async resume(id) {
      await begin('resume', id);
      const sandbox = known(id);
      sandbox.state = 'running';
      return refOf(sandbox.spec);
    },
    busy: (id) => Promise.resolve(sandboxes.get(id)?.busy ?? []),
    list: () =>
      Promise.resolve([...sandboxes.values()].map(({ spec, state }) => ({ spec, state, ref: refOf(spec) }))),
    onExit(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    resolve: (image) => Promise.resolve({ digest: `digest-of-${image}` }),
    describe: () => ({ tier: 'scripted', lacks: [] }),
    close: () => Promise.resolve(),
  };
}
