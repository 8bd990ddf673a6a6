// Owns: an agent's surroundings in memory: sessions that sleep and wake, events that are tried again, time that is moved by hand.
// The agent's server is the one that it runs in a sandbox; only the network and the time are made of something else.
import { randomUUID } from 'node:crypto';
import type { Agent } from '../agent/definition.ts';
import type { AgentEvent } from '../agent/event.ts';
import { TestEvents, type TestTrigger } from './events.ts';
import { ManualClock } from './manual-clock.ts';
import { TestSession } from './session.ts';

/** What a runtime's YAML says, with the platform's defaults. */
export interface TestPlatformOptions {
  /**
   * Makes an agent, for each session one: as in truth, sessions share nothing. Make what an agent remembers inside of it; what stands
   * at the top of a module is shared in a test, because there is one process.
   */
  readonly agent: () => Agent | Promise<Agent>;
  /** `pauseAfter`; 30,000 by default. */
  readonly pauseAfterMs?: number;
  /** `sessionTimeout`; 15 minutes by default. */
  readonly sessionTimeoutMs?: number;
  /** `maxSessionDuration`; 8 hours by default. */
  readonly maxSessionDurationMs?: number;
  readonly triggers?: readonly TestTrigger[];
  /** When the clock begins (ms since the epoch). */
  readonly startAt?: number;
}

const minuteMs = 60_000;

/** A platform in memory, for tests of an agent. */
export class TestPlatform {
  readonly clock: ManualClock;
  readonly events: TestEvents;
  readonly #options: TestPlatformOptions;
  readonly #sessions: TestSession[] = [];
  readonly #byKey = new Map<string, TestSession>();

  /** Use {@link testPlatform}. */
  constructor(options: TestPlatformOptions) {
    this.#options = options;
    this.clock = new ManualClock(options.startAt);
    const sessionFor = (trigger: TestTrigger, event: AgentEvent): TestSession =>
      this.#sessionFor(trigger, event);
    this.events = new TestEvents(this.clock, options.triggers ?? [], sessionFor);
  }

  /** Every session there was, the oldest first. */
  get sessions(): readonly TestSession[] {
    return this.#sessions;
  }

  /** A new session; its sandbox starts with the first call. */
  session(): TestSession {
    const { agent, pauseAfterMs = 30_000, sessionTimeoutMs = 15 * minuteMs } = this.#options;
    const { maxSessionDurationMs = 480 * minuteMs } = this.#options;
    const limits = { pauseAfterMs, sessionTimeoutMs, maxSessionDurationMs };
    const session = new TestSession({ id: randomUUID(), agent, clock: this.clock, ...limits });
    this.#sessions.push(session);
    return session;
  }

  /** Ends all sessions. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const session of this.#sessions) session.end();
  }

  #sessionFor({ key = 'new' }: TestTrigger, event: AgentEvent): TestSession {
    const value = key === 'new' ? undefined : event[key];
    if (typeof value !== 'string') return this.session();
    const known = this.#byKey.get(`${key}=${value}`);
    if (known && known.state !== 'ended') return known;
    const session = this.session();
    this.#byKey.set(`${key}=${value}`, session);
    return session;
  }
}

/**
 * A platform in memory with one agent.
 *
 * @example
 * ```ts
 * import { testPlatform } from 'agentcube/testing';
 *
 * const counter = () => {
 *   let count = 0;
 *   return () => ({ count: (count += 1) });
 * };
 *
 * await using platform = await testPlatform({ agent: counter });
 * const session = platform.session();
 * await session.invoke({});
 * await platform.clock.advance(30_000);
 * console.log(session.state); // paused
 * console.log(JSON.stringify(await session.invoke({}))); // {"count":2}
 * ```
 */
export async function testPlatform(options: TestPlatformOptions): Promise<TestPlatform> {
  // Loaded beforehand, so that nothing but the clock takes time later.
  await Promise.all([import('cloudevents'), import('ws')]);
  return new TestPlatform(options);
}
