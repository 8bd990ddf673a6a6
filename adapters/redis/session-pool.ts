// Owns: the warm sandboxes in Redis, and how a claim is one round trip although only Redis knows which sandbox it will be:
// the session is made around a placeholder, and Redis puts the sandbox's own text in its place.
import { randomUUID } from 'node:crypto';
import { runtimeKeyText, type SandboxRef } from '../../model/sandbox.ts';
import type { WarmPool, WarmSandbox } from '../../model/session-store.ts';
import { sandboxIdOf } from '../../model/session-query.ts';
import type { Session } from '../../model/session.ts';
import { sandboxMembers } from './compat.ts';
import { dueText, runtimeTexts } from './session-records.ts';
import type { Foreign } from './session-writes.ts';
import type { poolScripts } from './scripts/pool.ts';
import type { Run } from './scripts/script.ts';

type Runs = Readonly<Record<keyof ReturnType<typeof poolScripts>, Run>>;

/** Unlike any text that a session can have. */
const token = randomUUID();
const placeholder: SandboxRef = { id: token, name: token, entryPoints: [] };

/** In this order of members, on which scripts/pool.ts relies. */
const sandboxJson = ({ id, name, entryPoints }: SandboxRef): string =>
  JSON.stringify({ id, name, entryPoints });

const poolName = (runtime: WarmSandbox['runtime'], revision: string): string =>
  `${runtimeKeyText(runtime)}@${revision}`;

const entryText = ({ sandbox, ...rest }: WarmSandbox): string =>
  [sandboxJson(sandbox), JSON.stringify(rest), poolName(rest.runtime, rest.revision)].join('\n');

function entryOf(text: string): WarmSandbox {
  const [sandbox = '', rest = ''] = text.split('\n', 2);
  const others = JSON.parse(rest) as Omit<WarmSandbox, 'sandbox'>;
  return { sandbox: JSON.parse(sandbox) as SandboxRef, ...others };
}

/** The text before and after the one place of the sandbox. */
function around(text: string, place: string): [string, string] {
  const [before, after, ...more] = text.split(place);
  if (before === undefined || after === undefined || more.length > 0) {
    throw new Error('a claim was bound to a session that does not have its sandbox exactly once');
  }
  return [before, after];
}

function template(session: Session): [string, string] {
  const parts = around(JSON.stringify(session), sandboxJson(placeholder));
  const left = sandboxIdOf(session) !== placeholder.id || parts.some((part) => part.includes(token));
  if (left) throw new Error('a claim was bound to a session that has its sandbox only in part');
  return parts;
}

async function allEntries(entries: Run): Promise<WarmSandbox[]> {
  const found = new Map<string, WarmSandbox>();
  let cursor = '0';
  do {
    const [next, fields] = (await entries(cursor)) as [string, string[]];
    const texts = fields.filter((_, at) => at % 2 === 1);
    for (const entry of texts.map(entryOf)) found.set(entry.sandbox.id, entry);
    cursor = next;
  } while (cursor !== '0');
  return [...found.values()];
}

const claimArgs = (
  foreign: Foreign,
  { session, dueAt }: { readonly session: Session; readonly dueAt: number | null },
  [before, after]: readonly [string, string],
): (string | number)[] => {
  const { json, expiresAt } = foreign(session, 'SandboxClaim');
  const told = json === '' ? ['', ''] : around(json, sandboxMembers(placeholder));
  return [
    ...[before, after, session.version, session.generation, session.state.kind, session.createdAt],
    ...[...runtimeTexts(session), dueText(dueAt), ...told, expiresAt],
  ];
};

/** The warm pool of the session store. */
export const sessionPool = (runs: Runs, foreign: Foreign): WarmPool => ({
  async offer(entry) {
    const { sandbox, runtime, revision, readyAt } = entry;
    await runs.offer(sandbox.id, entryText(entry), poolName(runtime, revision), readyAt);
  },
  async claim(runtime, revision, bind) {
    const bound = bind(placeholder);
    const parts = template(bound.session);
    const { id } = bound.session;
    const reply = await runs.claim(id, poolName(runtime, revision), ...claimArgs(foreign, bound, parts));
    const [kind, sandbox] = reply as ['empty' | 'exists'] | ['claimed', string];
    if (kind === 'empty') return kind;
    if (kind === 'exists') throw new Error(`a claim was bound to session ${id}, which exists already`);
    return JSON.parse(parts.join(sandbox)) as Session;
  },
  withdraw: async (sandboxId) => (await runs.withdraw(sandboxId)) === 1,
  entries: () => allEntries(runs.entries),
});
