// Owns: asking a starting sandbox through its socket until it says that it is ready. Somebody waits for the answer, so it
// asks far more often than a probe's period says; its delay before the first question is kept.
// Does not own the time limit: it asks until it is told to stop.
import { watch } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import type { Clock } from '../../model/clock.ts';
import type { Readiness } from '../../model/readiness.ts';

/** `no-socket`: nothing to ask yet. */
export type Answer = 'ready' | 'not-ready' | 'no-socket';

export interface Question {
  readonly kind: 'http' | 'tcp';
  readonly socket: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly initialDelayMs: number;
  readonly timeoutMs: number;
  readonly successThreshold: number;
  /** Whether the port listens inside, where that can be seen: a forwarder takes connections before it knows. */
  readonly listening?: () => boolean | undefined;
}

/** The code daemon's own health route, as in AgentCube: 200 when it serves. */
export const daemonQuestion = (socket: string): Question => ({
  kind: 'http',
  socket,
  path: '/health',
  headers: {},
  initialDelayMs: 0,
  timeoutMs: 1_000,
  successThreshold: 1,
});

/** A workload's probe; a command cannot be run inside from here, and becomes a connection to the first port. */
export function questionOf(
  readiness: Readiness,
  socketOf: (port: number) => string,
  firstPort: number,
): Question {
  const { initialDelayMs, timeoutMs, successThreshold } = readiness;
  const asked = readiness.kind === 'http' ? readiness : undefined;
  return {
    kind: asked ? 'http' : 'tcp',
    socket: socketOf('port' in readiness ? readiness.port : firstPort),
    path: asked?.path ?? '/',
    headers: Object.fromEntries((asked?.headers ?? []).map(({ name, value }) => [name, value])),
    initialDelayMs,
    timeoutMs,
    successThreshold,
  };
}

const absent = (fault: NodeJS.ErrnoException): Answer =>
  fault.code === 'ENOENT' ? 'no-socket' : 'not-ready';

function askHttp({ socket, path: asked, headers, timeoutMs }: Question): Promise<Answer> {
  return new Promise((resolve) => {
    const request = http.get(
      { socketPath: socket, path: asked, headers, timeout: timeoutMs, agent: false },
      (response) => {
        const { statusCode = 0 } = response;
        response.resume();
        resolve(statusCode >= 200 && statusCode < 400 ? 'ready' : 'not-ready');
        response.on('error', () => undefined);
      },
    );
    request.on('timeout', () => request.destroy(new Error('no answer in time')));
    request.on('error', (fault) => resolve(absent(fault)));
  });
}

/** How long a connection must stay open to count when nothing else is known: a forwarder closes it when the port refuses. */
const staysOpenMs = 30;

function askTcp({ socket }: Question, openForMs: number, clock: Clock): Promise<Answer> {
  return new Promise((resolve) => {
    const connection = net.connect(socket);
    const settle = (answer: Answer): void => {
      cancel();
      connection.destroy();
      resolve(answer);
    };
    let cancel = (): void => undefined;
    connection.on('connect', () => (cancel = clock.after(openForMs, () => settle('ready'))));
    connection.on('error', (fault) => settle(absent(fault)));
    connection.on('end', () => settle('not-ready'));
    connection.on('close', () => settle('not-ready'));
    connection.resume();
  });
}

async function ask(question: Question, clock: Clock): Promise<Answer> {
  if (question.kind === 'http') return askHttp(question);
  const listens = question.listening?.();
  if (listens === false) return 'not-ready';
  return askTcp(question, listens === true ? 0 : staysOpenMs, clock);
}

interface Bell {
  /** Resolves when the folder changes, or after this time. */
  next(withinMs: number): Promise<void>;
  close(): void;
}

/** Tells of changes in a folder at once; where the host cannot watch, only the time passes. */
function folderBell(folder: string, clock: Clock): Bell {
  let ring = (): void => undefined;
  let rang = false;
  const watcher = openWatcher(folder, () => {
    rang = true;
    ring();
  });
  return {
    next: (withinMs) =>
      new Promise<void>((resolve) => {
        const cancel = clock.after(rang ? 0 : watcher ? withinMs : Math.min(withinMs, 10), () => resolve());
        rang = false;
        ring = () => {
          cancel();
          resolve();
        };
      }),
    close: () => watcher?.close(),
  };
}

function openWatcher(folder: string, changed: () => void): ReturnType<typeof watch> | undefined {
  try {
    return watch(folder, { persistent: false }, changed).on('error', () => undefined);
  } catch {
    return undefined;
  }
}

const wait = (clock: Clock, delayMs: number): Promise<void> =>
  delayMs <= 0 ? Promise.resolve() : new Promise((resolve) => void clock.after(delayMs, resolve));

const firstPauseMs = 2;
const longestPauseMs = 25;
const watchedPauseMs = 100;

/** Resolves when the sandbox said often enough that it is ready, or when `signal` aborts; never rejects. */
export async function untilReady(question: Question, clock: Clock, signal: AbortSignal): Promise<void> {
  const bell = folderBell(path.dirname(question.socket), clock);
  try {
    await wait(clock, question.initialDelayMs);
    let successes = 0;
    for (let pauseMs = firstPauseMs; !signal.aborted; pauseMs = Math.min(longestPauseMs, pauseMs * 1.5)) {
      const answer = await ask(question, clock);
      successes = answer === 'ready' ? successes + 1 : 0;
      if (successes >= question.successThreshold) return;
      await (answer === 'no-socket' ? bell.next(watchedPauseMs) : wait(clock, pauseMs));
    }
  } finally {
    bell.close();
  }
}
