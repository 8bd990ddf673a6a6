// Owns: calls to the daemon of one interpreter session: their address, session and errors. Does not own: routes (exec.ts, files.ts).
import { AgentCubeError } from './errors.ts';
import type { Answer, Call, Client } from './transport/client.ts';

type Asking = Omit<Call, 'answerer' | 'additive' | 'sessionId' | 'path'> & { readonly path: string };

/** One session's daemon, until it is closed. */
export class InterpreterCalls {
  readonly sessionId: string;
  readonly #router: Client;
  readonly #base: string;
  #closed = false;

  /** @param base path of the runtime's invocations, without a slash at its end. */
  constructor(router: Client, base: string, sessionId: string) {
    this.#router = router;
    this.#base = base;
    this.sessionId = sessionId;
  }

  /** `path` begins with a slash. Rejects with CLOSED once closed. */
  async call(asking: Asking): Promise<Answer> {
    const { sessionId } = this;
    if (this.#closed) throw new AgentCubeError('CLOSED', 'the session was stopped', { sessionId });
    const path = this.#base + asking.path;
    return this.#router.call({ ...asking, path, sessionId, answerer: 'daemon', additive: false });
  }

  close(): void {
    this.#closed = true;
  }
}
