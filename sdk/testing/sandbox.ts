// Owns: one life of an agent: its server, its clock, what keeps it awake, what it logged. A new one begins with nothing of the last.
import type { Server } from 'node:http';
import { createBusyMarks, type BusyMarks } from '../agent/busy.ts';
import type { AgentClock } from '../agent/clock.ts';
import { definitionOf, type Agent } from '../agent/definition.ts';
import { AgentServer } from '../agent/server.ts';
import { SandboxClock } from './manual-clock.ts';
import type { LoggedLine } from './seen.ts';

const limits = { stopMs: 10_000, hookMs: 10_000 };

export class Sandbox {
  readonly #server: AgentServer;
  readonly #clock: SandboxClock;
  readonly #marks: BusyMarks;

  private constructor(agent: Agent, clock: AgentClock, lines: LoggedLine[]) {
    this.#clock = new SandboxClock(clock);
    this.#marks = createBusyMarks(undefined, () => undefined);
    this.#server = new AgentServer(definitionOf(agent), {
      clock: this.#clock,
      marks: this.#marks,
      limits,
      log: {
        level: 'debug',
        now: () => clock.now(),
        write: (line) => void lines.push(JSON.parse(line) as LoggedLine),
      },
      cpuMs: () => 0,
    });
  }

  /** Resolves when it is ready; rejects with what `onStart` threw. */
  static async start(agent: Agent, clock: AgentClock, lines: LoggedLine[]): Promise<Sandbox> {
    const sandbox = new Sandbox(agent, clock, lines);
    await sandbox.#server.start();
    return sandbox;
  }

  get http(): Server {
    return this.#server.http;
  }

  /** Why it is not to be paused. */
  get busy(): readonly string[] {
    return this.#marks.reasons();
  }

  sleep(): void {
    this.#clock.sleep();
  }

  wake(): void {
    this.#clock.wake();
  }

  /** SIGTERM. */
  async stop(): Promise<void> {
    await this.#server.stop();
    this.kill();
  }

  /** SIGKILL. */
  kill(): void {
    this.#clock.end();
    this.#server.http.closeAllConnections();
  }
}
