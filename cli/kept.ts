// Which session a folder goes on with: of each runtime of each platform the last one that a command used there.
// Kept in a file of one's own state folder, never in the folder itself. Losing it loses nothing but convenience.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { variable, type Io } from './io.ts';

export interface SessionKey {
  /** Of the platform: its context. */
  readonly context: string;
  readonly kind: 'AgentRuntime' | 'CodeInterpreter';
  readonly namespace: string;
  readonly name: string;
}

interface File {
  readonly folder: string;
  readonly sessions: Readonly<Record<string, string>>;
}

const textOf = ({ context, kind, namespace, name }: SessionKey): string =>
  `${context} ${kind} ${namespace}/${name}`;

export class KeptSessions {
  readonly #folder: string;
  readonly #file: string;

  constructor(io: Pick<Io, 'env' | 'home' | 'cwd'>, folder = io.cwd) {
    const state = variable(io, 'XDG_STATE_HOME') ?? path.join(io.home, '.local/state');
    const digest = createHash('sha256').update(folder).digest('hex').slice(0, 24);
    this.#folder = folder;
    this.#file = path.join(state, 'agentcube-cli', 'folders', `${digest}.json`);
  }

  #read(): Readonly<Record<string, string>> {
    try {
      const { sessions } = JSON.parse(readFileSync(this.#file, 'utf8')) as File;
      return typeof sessions === 'object' && sessions !== null ? sessions : {};
    } catch {
      return {};
    }
  }

  /** Whole or not at all, so that two commands at once leave one of the two. */
  #write(sessions: Readonly<Record<string, string>>): void {
    if (Object.keys(sessions).length === 0) return rmSync(this.#file, { force: true });
    mkdirSync(path.dirname(this.#file), { recursive: true, mode: 0o700 });
    const draft = `${this.#file}.${process.pid}`;
    writeFileSync(draft, JSON.stringify({ folder: this.#folder, sessions } satisfies File), { mode: 0o600 });
    renameSync(draft, this.#file);
  }

  get(key: SessionKey): string | undefined {
    return this.#read()[textOf(key)];
  }

  set(key: SessionKey, sessionId: string): void {
    const sessions = this.#read();
    if (sessions[textOf(key)] !== sessionId) this.#write({ ...sessions, [textOf(key)]: sessionId });
  }

  /** Whatever names that session. */
  forget(sessionId: string): void {
    const sessions = this.#read();
    const left = Object.entries(sessions).filter(([, id]) => id !== sessionId);
    if (left.length < Object.keys(sessions).length) this.#write(Object.fromEntries(left));
  }
}
