/**
 * Tests of an agent without the platform: sessions that sleep and wake, events that are tried again, and a clock that is moved by hand.
 *
 * @packageDocumentation
 */
export { testPlatform, TestPlatform, type TestPlatformOptions } from './platform.ts';
export { TestSession, type CallInit, type SessionFacts, type TestSessionState } from './session.ts';
export { TestEvents, type SentEvent, type TestDeadLetter, type TestTrigger, type TestTry } from './events.ts';
export { ManualClock } from './manual-clock.ts';
export type { LoggedLine, TestSocket } from './seen.ts';
