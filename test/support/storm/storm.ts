// An event for each of many sleeping sessions at once, while callers over HTTP call sessions of their own, against a whole platform.
// Does not own what is expected of it: the end-to-end test and the bench do.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { agentUrl, call, callOk, openAgent, until } from '../client.ts';
import { eachOf, upTo } from '../crowd.ts';
import { startPlatform, type Platform, type PlatformOptions } from '../platform.ts';

const sleeping = 'paused';
const notSleeping = 'creating,pausing,running,resuming,suspending,suspended,restarting';
const sendersAtOnce = 64;
/** For so many that each may take a second to be made. */
const patienceMs = 1_800_000;
const lookMs = 100;

/** How long calls took (ms). */
export type Calls = readonly number[];

/** What was seen of a storm. */
export interface StormSeen {
  readonly calls: Calls;
  /** From its first event until all were handled (ms). */
  readonly tookMs: number;
  /** Deliveries that had their sessions woken: all of them, and the most that were seen at once. */
  readonly wakes: number;
  readonly mostWaking: number;
}

export class Storm {
  readonly platform: Platform;
  readonly #size: number;
  readonly #callers: Callers;
  #round = 0;

  private constructor(platform: Platform, size: number, callers: Callers) {
    this.platform = platform;
    this.#size = size;
    this.#callers = callers;
  }

  /** Starts a platform, callers with warm sessions, and makes so many sessions by events, which sleep when this resolves. */
  static async gather(size: number, callers: number, options: PlatformOptions = {}): Promise<Storm> {
    const folder = path.join(import.meta.dirname, 'deployed');
    const platform = await startPlatform({ ...options, folder });
    const sessions = await eachOf(upTo(callers), callers, () => openAgent(platform, 'caller'));
    const calling = await Callers.start(
      platform,
      sessions.map(({ id }) => id),
    );
    const storm = new Storm(platform, size, calling);
    await storm.strike();
    await storm.calm();
    return storm;
  }

  /** Callers alone, for so long. */
  async quiet(forMs: number): Promise<Calls> {
    await this.#callers.since();
    await sleep(forMs);
    return this.#callers.since();
  }

  /** One event for each session at once; resolves when all were handled. */
  async strike(): Promise<StormSeen> {
    const round = this.#round;
    this.#round += 1;
    const before = await this.#numbers();
    await this.#callers.since();
    const begun = performance.now();
    const sent = eachOf(upTo(this.#size), sendersAtOnce, (n) => this.#send(`s${n}`, `${n}.${round}`));
    const mostWaking = await this.#untilHandled(before.done + this.#size);
    const tookMs = performance.now() - begun;
    const calls = await this.#callers.since();
    await sent;
    const after = await this.#numbers();
    return { calls, tookMs, wakes: after.wakes - before.wakes, mostWaking };
  }

  /** Resolves when every session sleeps that events woke. */
  calm(): Promise<unknown> {
    const list = `${this.platform.controlUrl}/v1/sessions?runtime=sleeper&limit=1`;
    const of = (states: string) => callOk<{ items: unknown[] }>('GET', `${list}&state=${states}`);
    return until(
      'all sleep',
      async () => [await of(notSleeping), await of(sleeping)],
      ([awake, asleep]) => awake?.items.length === 0 && asleep?.items.length === 1,
      patienceMs,
    );
  }

  /** The ids of the events that each session wrote down, in the order of their arrival. */
  async handled(): Promise<string[][]> {
    const folder = path.join(this.platform.dataDir, 'sandboxes');
    const seen = await Promise.all(
      (await readdir(folder)).map((id) =>
        readFile(path.join(folder, id, 'workspace/seen'), 'utf8').catch(() => ''),
      ),
    );
    return seen
      .filter((text) => text !== '')
      .map((text) =>
        text
          .trimEnd()
          .split('\n')
          .map((line) => line.split(' ')[0] ?? ''),
      );
  }

  async dispose(): Promise<void> {
    await this.#callers.stop();
    await this.platform.dispose();
  }

  async #send(subject: string, id: string): Promise<void> {
    const headers = { 'ce-specversion': '1.0', 'ce-source': '/storm', 'ce-type': 'storm' };
    const url = `${this.platform.activatorUrl}/v1/namespaces/default/events`;
    const told = { ...headers, 'ce-id': id, 'ce-subject': subject };
    const { status, text } = await call('POST', url, { headers: told, body: 'wake up' });
    if (status !== 202) throw new Error(`an event was answered ${status}: ${text}`);
  }

  /** Answers the most deliveries that were seen to wake at once. */
  async #untilHandled(done: number): Promise<number> {
    let most = 0;
    const look = async () => {
      await sleep(lookMs);
      const numbers = await this.#numbers();
      most = Math.max(most, numbers.waking);
      return numbers;
    };
    await until('all are handled', look, (numbers) => numbers.done >= done, patienceMs);
    return most;
  }

  async #numbers() {
    const { text } = await call('GET', `${this.platform.activatorUrl}/metrics`);
    const of = (series: string) =>
      Number(
        text
          .split('\n')
          .find((line) => line.startsWith(`${series} `))
          ?.split(' ')[1],
      );
    return {
      done: of('agentcube_event_tries_total{result="done"}'),
      wakes: of('agentcube_event_wakes_total'),
      waking: of('agentcube_event_wakes'),
    };
  }
}

/** The program callers.ts. */
class Callers {
  readonly #child: ChildProcess;
  readonly #answers: AsyncIterator<string>;

  private constructor(child: ChildProcess, answers: AsyncIterator<string>) {
    this.#child = child;
    this.#answers = answers;
  }

  static async start(platform: Platform, sessions: readonly string[]): Promise<Callers> {
    const { port, pathname } = new URL(agentUrl(platform, 'caller'));
    const program = path.join(import.meta.dirname, 'callers.ts');
    const child = spawn(process.execPath, [program, port, pathname, ...sessions], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const callers = new Callers(child, createInterface({ input: child.stdout })[Symbol.asyncIterator]());
    await callers.since();
    return callers;
  }

  /** How long the calls took that were answered since this was asked last. */
  async since(): Promise<Calls> {
    this.#child.stdin?.write('\n');
    const { value } = (await this.#answers.next()) as IteratorResult<string, undefined>;
    if (value === undefined) throw new Error('the callers are gone');
    return JSON.parse(value) as Calls;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.stdin?.end();
    await gone;
  }
}
