// Owns: one sandbox over all its lives: start, pause, resume, stop, and its end when nobody asked for it (S5).
// Operations follow one another; only a stop interrupts a start. The record on disk is written before what it tells is
// done. Does not own which sandboxes there are (driver.ts).
import { mkdir } from 'node:fs/promises';
import { PlatformError } from '../../model/errors.ts';
import type { SandboxRef } from '../../model/sandbox.ts';
import type { FoundSandbox, SandboxSpec, SessionMark } from '../../model/sandbox-spec.ts';
import type { Host } from './host.ts';
import type { ImageUse } from './images.ts';
import type { SandboxPaths } from './layout.ts';
import { endUnheld, leaderIn, letGo, takeHold, whyEnded, type Life } from './life.ts';
import { leaderOf } from './processes.ts';
import { hasSwap } from './reclaim.ts';
import { writeRecord, type SandboxRecord } from './record.ts';
import { busyNames, removeAll, removeRunFiles } from './sandbox-files.ts';
import { createSerial } from './serial.ts';
import { launchSandbox, listenPorts, refOf } from './start.ts';
import { startFailure, verifyReady } from './verify.ts';

export type Paused = { readonly paused: true } | { readonly busy: readonly string[] };

/** What a driver that was closed answers: its sandboxes live on, and are another's to touch. */
export const closedDriver = (): PlatformError =>
  new PlatformError('SHUTTING_DOWN', 'this program does not drive the sandboxes any more');

export class Sandbox {
  readonly #host: Host;
  readonly #id: string;
  readonly #paths: SandboxPaths;
  readonly #serial = createSerial();
  #record: SandboxRecord | undefined;
  #life: Life | undefined;
  #starting: AbortController | undefined;
  #released = false;

  constructor(host: Host, id: string, record?: SandboxRecord) {
    this.#host = host;
    this.#id = id;
    this.#paths = host.layout.sandbox(id);
    this.#record = record;
  }

  /** Answers when it is verified ready; at once when it is. Anything half-made is begun again from nothing. */
  start(spec: SandboxSpec): Promise<SandboxRef> {
    return this.#run(async () => {
      const ready = this.#readyRef();
      if (ready) return ready;
      await this.#end();
      await this.#remove();
      const image = await this.#host.images.use(spec.workload.container.image);
      return this.#begin(spec, image, undefined);
    });
  }

  /** New processes over the files that are there, as they were first asked for. */
  restart(generation: number): Promise<SandboxRef> {
    return this.#run(async () => {
      const before = this.#record;
      if (!before) throw startFailure('its files are gone');
      const ready = before.spec.generation === generation ? this.#readyRef() : undefined;
      if (ready) return ready;
      await this.#end();
      return this.#begin({ ...before.spec, generation }, before.image, before.uid);
    });
  }

  /** Whose it is from now on. What is gone cannot be marked. */
  mark(session: SessionMark): Promise<void> {
    return this.#run(async () => {
      this.#living();
      const record = this.#record;
      if (!record || record.spec.session?.id === session.id) return;
      await this.#remember({ phase: record.phase, spec: { ...record.spec, session } });
    });
  }

  stop(files: 'remove' | 'keep-files'): Promise<void> {
    this.#starting?.abort();
    return this.#run(async () => {
      await this.#end();
      if (files === 'remove') return this.#remove();
      if (this.#record) await this.#remember({ phase: 'stopped' });
    });
  }

  pause(): Promise<Paused> {
    return this.#run(async () => {
      const life = this.#living();
      if (life.paused) return { paused: true };
      const before = await busyNames(this.#paths);
      if (before.length > 0) return { busy: before };
      if (!(await life.control.freeze())) return { busy: ['a process of it could not be stopped'] };
      const after = await busyNames(this.#paths);
      if (after.length > 0) {
        life.control.thaw();
        return { busy: after };
      }
      life.paused = true;
      if (life.folders?.memory && hasSwap())
        life.stopPushing = this.#host.reclaimer.push(life.folders.memory);
      return { paused: true };
    });
  }

  /** On the way of a waiting request: one write, and nothing is read. */
  resume(): Promise<SandboxRef> {
    return this.#run(async () => this.#thawed(this.#living()));
  }

  busy(): Promise<readonly string[]> {
    return busyNames(this.#paths);
  }

  /** What an inventory tells; undefined when nothing of it is left. */
  found(): FoundSandbox | undefined {
    const record = this.#record;
    if (!record) return undefined;
    const { spec, phase, ref, why } = record;
    if (!this.#life || this.#life.ended)
      return { spec, state: 'stopped', ...(why !== undefined && { why }), ...(ref && { ref }) };
    const state = this.#life.paused ? 'paused' : 'running';
    return phase === 'ready' && ref ? { spec, ref, state } : { spec, state };
  }

  /** Takes hold of what an earlier platform started; what has ended meanwhile is cleaned up and remembered with its reason. */
  adopt(): Promise<void> {
    return this.#run(async () => {
      const record = this.#record;
      if (!record) return this.#end().then(() => this.#remove());
      if (record.phase === 'stopped') return this.#end();
      const life = this.#tryHold(record);
      await new Promise((resolve) => setImmediate(resolve));
      if (life && !life.ended && life.control.members().length > 0) {
        life.paused = life.control.frozen();
        this.#arm(life);
      } else if (record.phase === 'ready') {
        await this.#bury();
      } else {
        await this.#end();
        await this.#remember({ phase: 'stopped', why: 'the platform ended while it was being started' });
      }
    });
  }

  /** Gives up the hold on its processes; they go on. What is half-made ends. Every other operation is refused from now on. */
  release(): Promise<void> {
    this.#released = true;
    this.#starting?.abort();
    return this.#serial.run(async () => {
      if (this.#life) letGo(this.#life);
      this.#life = undefined;
      this.#record = undefined;
    });
  }

  /** As the serial does; not what comes to its turn when the sandbox is no longer held. */
  #run<T>(work: () => Promise<T>): Promise<T> {
    return this.#serial.run(() => (this.#released ? Promise.reject(closedDriver()) : work()));
  }

  #living(): Life {
    const life = this.#life;
    if (life && !life.ended && this.#record?.ref) return life;
    const reason = this.#record?.why ?? 'its processes are gone';
    throw new PlatformError('SANDBOX_CRASHED', `the sandbox does not run: ${reason}`, { reason });
  }

  #thawed(life: Life): SandboxRef {
    const ref = this.#record?.ref;
    if (!ref) throw new Error('a living sandbox was verified ready');
    if (life.paused) life.control.thaw();
    life.paused = false;
    life.stopPushing?.();
    life.stopPushing = undefined;
    return ref;
  }

  #readyRef(): SandboxRef | undefined {
    const life = this.#life;
    return life && !life.ended && this.#record?.phase === 'ready' ? this.#thawed(life) : undefined;
  }

  async #remember(change: Pick<SandboxRecord, 'phase'> & Partial<SandboxRecord>): Promise<void> {
    if (!this.#record) return;
    const { why: _, ...before } = this.#record;
    this.#record = { ...before, ...change };
    await writeRecord(this.#paths.record, this.#record);
  }

  async #begin(spec: SandboxSpec, image: ImageUse, owner: number | undefined): Promise<SandboxRef> {
    if (this.#released) throw closedDriver();
    const { tier, runtime, uids, cgroups } = this.#host;
    const uid = owner ?? uids.take();
    const listen = await listenPorts(spec, tier.ownView || image.daemon);
    this.#record = {
      ...{ format: 1, spec, phase: 'starting', tier: tier.name, runtime: runtime.id, image, listen },
      ...(uid !== undefined && { uid }),
      ...(cgroups && { confined: true as const }),
    };
    const abort = new AbortController();
    this.#starting = abort;
    try {
      await mkdir(this.#paths.root, { recursive: true });
      await writeRecord(this.#paths.record, this.#record);
      return await this.#launch(this.#record, abort.signal);
    } catch (fault) {
      await this.#end();
      const error = this.#released ? closedDriver() : startFailure(fault);
      await this.#remember({ phase: 'stopped', why: error.details.reason ?? error.message }).catch(
        () => undefined,
      );
      throw error;
    } finally {
      this.#starting = undefined;
    }
  }

  /** When it is its turn. */
  async #launch(record: SandboxRecord, signal: AbortSignal): Promise<SandboxRef> {
    const leave = await this.#host.starts.enter(signal);
    try {
      if (signal.aborted) throw startFailure('it was stopped before it began');
      return await this.#launchNow(record, signal);
    } finally {
      leave();
    }
  }

  async #launchNow(record: SandboxRecord, signal: AbortSignal): Promise<SandboxRef> {
    const leader = leaderOf(await launchSandbox(this.#host, record, this.#paths), record.spec.name);
    const life = takeHold(this.#host, this.#id, this.#paths, leader);
    this.#life = life;
    await this.#remember({ phase: 'starting', leader });
    await verifyReady(this.#host, record, this.#paths, life, signal);
    const ref = refOf(record, this.#paths);
    await this.#remember({ phase: 'ready', ref });
    this.#arm(life);
    return ref;
  }

  #tryHold(record: SandboxRecord): Life | undefined {
    try {
      this.#life = takeHold(this.#host, this.#id, this.#paths, leaderIn(record, this.#host));
    } catch {
      this.#life = undefined;
    }
    return this.#life;
  }

  /** From now on its end is told, unless it was wanted. */
  #arm(life: Life): void {
    void life.watch.ended.then(() =>
      this.#serial.run(async () => {
        const record = this.#record;
        if (this.#life !== life || !record) return;
        const why = await this.#bury();
        this.#host.onExit({ id: this.#id, generation: record.spec.generation, why });
      }),
    );
  }

  /** After an end that nobody asked for: learns why, removes what is left but the files. */
  async #bury(): Promise<string> {
    const limit = this.#record?.spec.workload.limits.memoryBytes;
    const why = whyEnded(this.#paths, this.#life?.control.oomKills() ?? 0, limit);
    await this.#end();
    await this.#remember({ phase: 'stopped', why });
    return why;
  }

  /** Ends its processes, if there are any, and removes their cgroups and sockets. */
  async #end(): Promise<void> {
    const life = this.#life ?? (this.#record && this.#tryHold(this.#record));
    this.#life = undefined;
    if (life) {
      life.watch.close();
      await life.control.kill();
      letGo(life);
    } else {
      await endUnheld(this.#host, this.#id, leaderIn(this.#record, this.#host));
    }
    await this.#host.cgroups?.remove(this.#id);
    await removeRunFiles(this.#paths);
  }

  async #remove(): Promise<void> {
    await removeAll(this.#paths);
    const uid = this.#record?.uid;
    if (uid !== undefined) this.#host.uids.release(uid);
    this.#record = undefined;
  }
}
