// The node agent's freezer for containers that run in a virtual machine, or otherwise out of the node's sight: containerd's task service
// pauses them, whatever their runtime. Owns the calls. Done twice is done once, which containerd itself refuses.
import { existsSync } from 'node:fs';
import { Client, credentials, Metadata, status as codes, type ServiceError } from '@grpc/grpc-js';
import type { ContainerState, Freezer } from '../../nodeagent/ports.ts';
import { decodeStatus, encodeContainerId, taskStatus } from './messages.ts';

export interface ContainerdOptions {
  /** Absolute path. */
  readonly socket: string;
  /** Where the kubelet's containers are. */
  readonly namespace?: string;
  /** For how long one call is waited for (ms). */
  readonly timeoutMs?: number;
}

export interface ContainerdFreezer extends Freezer {
  close(): void;
}

type Method = 'Pause' | 'Resume' | 'Get';

const states: Readonly<Record<number, ContainerState>> = {
  [taskStatus.running]: 'running',
  [taskStatus.paused]: 'frozen',
  [taskStatus.pausing]: 'running',
};

const same = (bytes: Buffer): Buffer => bytes;

class Tasks implements ContainerdFreezer {
  readonly #client: Client;
  readonly #metadata = new Metadata();
  readonly #timeoutMs: number;

  constructor({ socket, namespace = 'k8s.io', timeoutMs = 5_000 }: ContainerdOptions) {
    this.#client = new Client(`unix://${socket}`, credentials.createInsecure(), {
      'grpc.default_authority': 'localhost',
    });
    this.#metadata.set('containerd-namespace', namespace);
    this.#timeoutMs = timeoutMs;
  }

  close(): void {
    this.#client.close();
  }

  async look(_pod: string, container: string): Promise<ContainerState | undefined> {
    try {
      return states[decodeStatus(await this.#call('Get', container))];
    } catch (fault) {
      if ((fault as ServiceError).code === codes.NOT_FOUND) return undefined;
      throw fault;
    }
  }

  async freeze(pod: string, container: string, giveUp: () => boolean): Promise<boolean> {
    await this.#unless('frozen', 'Pause', pod, container);
    if (!giveUp()) return (await this.look(pod, container)) !== 'running';
    await this.thaw(pod, container);
    return false;
  }

  async thaw(pod: string, container: string): Promise<void> {
    await this.#unless('running', 'Resume', pod, container);
  }

  /** A refusal counts for nothing when it is so already, or nothing is left of it. */
  async #unless(wanted: ContainerState, method: Method, pod: string, container: string): Promise<void> {
    const before = await this.look(pod, container);
    if (before === undefined || before === wanted) return;
    try {
      await this.#call(method, container);
    } catch (fault) {
      const after = await this.look(pod, container);
      if (after !== undefined && after !== wanted) throw fault;
    }
  }

  #call(method: Method, container: string): Promise<Buffer> {
    const path = `/containerd.services.tasks.v1.Tasks/${method}`;
    const deadline = Date.now() + this.#timeoutMs;
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(
        path,
        same,
        same,
        encodeContainerId(container),
        this.#metadata,
        { deadline },
        (fault, answer) => (fault ? reject(fault) : resolve(answer ?? Buffer.alloc(0))),
      );
    });
  }
}

/** Undefined when no such socket is there: then nothing that containerd alone can pause is put to sleep. */
export const containerdFreezer = (options: ContainerdOptions): ContainerdFreezer | undefined =>
  existsSync(options.socket) ? new Tasks(options) : undefined;
