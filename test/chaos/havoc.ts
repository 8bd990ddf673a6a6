// Does the planned faults to a stage, each for its time, and heals everything in the end.
import { setTimeout as sleep } from 'node:timers/promises';
import type { FaultEntry, History } from './history.ts';
import type { Fault, Planned } from './plan.ts';
import type { Wire } from './proxy.ts';
import { killProcess, sandboxProcesses } from './sandboxes.ts';
import type { Stage } from './stage.ts';

const wireWords: Readonly<Record<Wire['kind'], FaultEntry['what']>> = {
  whole: 'mend',
  cut: 'cut',
  held: 'stall',
  slow: 'slow',
};

export class Havoc {
  readonly #stage: Stage;
  readonly #history: History;
  /** The last fault of each wire: what came later stays when an earlier one is over. */
  readonly #wires = new Map<string, object>();
  /** Faults under way, until each has undone itself. */
  readonly #underWay = new Set<Promise<void>>();
  readonly #healing = new AbortController();
  #redisBusy = false;

  constructor(stage: Stage, history: History) {
    this.#stage = stage;
    this.#history = history;
  }

  /** Resolves after `durationMs`, or when `stop` or `heal` was called, or a fault could not be done: `heal` rejects with that. */
  async run(planned: readonly Planned[], durationMs: number): Promise<void> {
    const began = this.#history.now();
    for (const { at, fault } of planned) {
      await this.#wait(began + at - this.#history.now());
      if (this.#healing.signal.aborted) return;
      const doing = this.#begin(fault);
      this.#underWay.add(doing);
      doing.then(
        () => this.#underWay.delete(doing),
        () => this.#healing.abort(),
      );
    }
    await this.#wait(began + durationMs - this.#history.now());
  }

  /** No further faults; those under way undo themselves. `heal` waits for that. */
  stop(): void {
    this.#healing.abort();
  }

  /** Every fault undoes itself now. Programs that are gone come back by themselves. */
  async heal(): Promise<void> {
    this.#healing.abort();
    await Promise.all(this.#underWay);
  }

  #begin(fault: Fault): Promise<void> {
    switch (fault.kind) {
      case 'kill':
        return this.kill(fault.program, fault.downMs);
      case 'freeze':
        return this.freeze(fault.program, fault.ms);
      case 'redis':
        return this.restartRedis(fault.signal, fault.downMs);
      case 'wire':
        return this.wire(fault.program, fault.wire, fault.ms);
      case 'sandbox':
        return Promise.resolve(this.killSandbox(fault.nth));
    }
  }

  async kill(name: string, downMs: number): Promise<void> {
    const program = this.#stage.program(name);
    if (!program.alive) return;
    this.#stage.keepAway(name, downMs);
    this.#history.write({ t: 'fault', what: 'kill', target: name });
    await program.kill('SIGKILL');
  }

  /** Whatever it is doing: at work, asleep, or just being started. Nothing when none lives. */
  killSandbox(nth: number): void {
    const alive = [...sandboxProcesses(this.#stage.dataDir)].sort(([a], [b]) => a.localeCompare(b));
    const [id, pids] = alive[nth % Math.max(1, alive.length)] ?? [];
    if (id === undefined || !pids) return;
    this.#history.write({ t: 'fault', what: 'kill-sandbox', target: id });
    for (const pid of pids) killProcess(pid);
  }

  async freeze(name: string, ms: number): Promise<void> {
    const program = this.#stage.program(name);
    const { pid } = program;
    if (!program.alive) return;
    this.#history.write({ t: 'fault', what: 'freeze', target: name, detail: `${ms} ms` });
    await program.kill('SIGSTOP');
    await this.#wait(ms);
    await this.#thaw(name, pid);
  }

  /** Down for at least so long; one at a time. */
  async restartRedis(signal: 'SIGTERM' | 'SIGKILL', downMs: number): Promise<void> {
    if (this.#redisBusy) return;
    this.#redisBusy = true;
    const { redis } = this.#stage;
    this.#history.write({
      t: 'fault',
      what: 'redis-down',
      target: 'redis',
      detail: `${signal}, ${downMs} ms`,
    });
    await (signal === 'SIGTERM' ? redis.stop() : redis.kill());
    await this.#wait(downMs);
    await redis.restart();
    this.#history.write({ t: 'fault', what: 'redis-up', target: 'redis' });
    this.#redisBusy = false;
  }

  async wire(target: string, wire: Wire, ms: number): Promise<void> {
    const names = target === 'all' ? [...this.#stage.proxies.keys()] : [target];
    const token = {};
    const detail = wire.kind === 'slow' ? `${wire.delayMs} ms for ${ms} ms` : `${ms} ms`;
    this.#history.write({ t: 'fault', what: wireWords[wire.kind], target, detail });
    for (const name of names) {
      this.#wires.set(name, token);
      this.#setWire(name, wire);
    }
    await this.#wait(ms);
    for (const name of names) if (this.#wires.get(name) === token) this.#setWire(name, { kind: 'whole' });
    this.#history.write({ t: 'fault', what: 'mend', target });
  }

  #setWire(name: string, wire: Wire): void {
    this.#stage.proxies.get(name)?.set(wire);
  }

  /** Only the process that was frozen: the one that took its place was not. */
  async #thaw(name: string, pid: number): Promise<void> {
    const program = this.#stage.program(name);
    if (!program.alive || program.pid !== pid) return;
    await program.kill('SIGCONT');
    this.#history.write({ t: 'fault', what: 'thaw', target: name });
  }

  /** Ends early when everything is to heal. */
  async #wait(ms: number): Promise<void> {
    if (ms > 0) await sleep(ms, undefined, { signal: this.#healing.signal }).catch(() => undefined);
  }
}
