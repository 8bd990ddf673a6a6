// The stream of a node agent's events, kept open: a broken or silent connection is made again, ever more rarely up to five seconds.
// Does not own what an event leads to.
import http from 'node:http';
import type { Cancel, Clock } from '../../model/clock.ts';
import type { NodeEvent } from '../../nodeagent/core/protocol.ts';

export interface NodeEventStream {
  readonly url: string;
  readonly tokens: () => Promise<string>;
  readonly clock: Clock;
  readonly log: (message: string, fields: Readonly<Record<string, unknown>>) => void;
  readonly listener: (event: NodeEvent) => void;
  /** Told whenever the stream begins. */
  readonly onGap?: (() => void) | undefined;
}

/** The agent sends an empty line every ten seconds; a connection that is silent for three of them is dead. */
const silentMs = 30_000;
const shortestPauseMs = 100;
const longestPauseMs = 5_000;

class Listening {
  readonly #stream: NodeEventStream;
  #pauseMs = shortestPauseMs;
  #stopped = false;
  #request: http.ClientRequest | undefined;
  #again: Cancel | undefined;

  constructor(stream: NodeEventStream) {
    this.#stream = stream;
  }

  stop(): void {
    this.#stopped = true;
    this.#again?.();
    this.#request?.destroy();
  }

  async begin(): Promise<void> {
    try {
      const token = await this.#stream.tokens();
      if (!this.#stopped) this.#open(token);
    } catch (fault) {
      this.#later(fault);
    }
  }

  #open(token: string): void {
    const request = http.get(this.#stream.url, {
      agent: false,
      timeout: silentMs,
      headers: { Authorization: `Bearer ${token}` },
    });
    this.#request = request;
    let ended = false;
    const end = (fault: unknown): void => {
      if (ended) return;
      ended = true;
      request.destroy();
      this.#later(fault);
    };
    request.on('error', end);
    request.on('timeout', () => end(new Error('the connection was silent')));
    request.once('response', (response) => {
      response.on('error', end).once('close', () => end(new Error('the connection was closed')));
      if (response.statusCode === 200) this.#read(response);
      else end(new Error(`it answered ${response.statusCode}`));
    });
  }

  #read(response: http.IncomingMessage): void {
    this.#pauseMs = shortestPauseMs;
    this.#stream.onGap?.();
    let rest = '';
    response.setEncoding('utf8').on('data', (part: string) => {
      const lines = `${rest}${part}`.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line !== '' && !this.#stopped) this.#tell(line);
    });
  }

  #tell(line: string): void {
    try {
      this.#stream.listener(JSON.parse(line) as NodeEvent);
    } catch (fault) {
      this.#stream.log('an event of a node could not be taken', { url: this.#stream.url, fault });
    }
  }

  #later(fault: unknown): void {
    if (this.#stopped) return;
    if (this.#pauseMs >= longestPauseMs)
      this.#stream.log('no events from a node', { url: this.#stream.url, fault });
    this.#again = this.#stream.clock.after(this.#pauseMs, () => void this.begin());
    this.#pauseMs = Math.min(this.#pauseMs * 2, longestPauseMs);
  }
}

/** Listens until it is cancelled. */
export function listenTo(stream: NodeEventStream): Cancel {
  const listening = new Listening(stream);
  void listening.begin();
  return () => listening.stop();
}
