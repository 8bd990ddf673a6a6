// Owns: the warm sandboxes in Redis, and how a claim is one round trip although only Redis knows which sandbox it will be:
// the session is made around a placeholder, and Redis puts the sandbox's own text in its place.
import { randomUUID } from 'node:crypto';
import { runtimeKeyText, type SandboxRef } from '../../model/sandbox.ts';
import type { WarmPool, WarmSandbox } from '../../model/session-store.ts';
import type { Session } from '../../model/session.ts';
import { sandboxMembers } from './compat.ts';
import { dueText, headTexts } from './session-records.ts';
import type { Foreign } from './session-writes.ts';
import type { poolScripts } from './scripts/pool.ts';
import type { Run } from './scripts/script.ts';

type Runs = Readonly<Record<keyof ReturnType<typeof poolScripts>, Run>>;

/** Unlike any text that a session can have. */
const token = randomUUID();
const placeholder: SandboxRef = { id: token, name: token, entryPoints: [] };

/** In this order of members, on which scripts/pool.ts relies. */
const sandboxJson = ({ id, name, entryPoints, place }: SandboxRef): string =>
  JSON.stringify({ id, name, entryPoints, place });

const poolName = (runtime: WarmSandbox['runtime'], revision: string): string =>
  `${runtimeKeyText(runtime)}@${revision}`;

const placeholderJson = sandboxJson(placeholder);
const placeholderMembers = sandboxMembers(placeholder);

/** What all warm sandboxes of a pool are of. */
type Kind = Pick<WarmSandbox, 'runtime' | 'revision'>;

/** What one pool holds: its kind as JSON, then member, when it was ready, member, … */
type Pool = readonly [string, readonly string[]];

function* entriesOf([kind, members]: Pool): Generator<WarmSandbox> {
  const { runtime, revision } = JSON.parse(kind) as Kind;
  for (let at = 0; at + 1 < members.length; at += 2) {
    const [member = '', readyAt = ''] = [members[at], members[at + 1]];
    const sandbox = JSON.parse(member.slice(member.lastIndexOf('\n') + 1)) as SandboxRef;
    yield { sandbox, runtime, revision, readyAt: Number(readyAt) };
  }
}

/** The text before and after the one place of the placeholder, which is nowhere else in it, not even in part. */
function around(text: string, place: string): [string, string] {
  const start = text.indexOf(place);
  const end = start + place.length;
  const apart = start < 0 || text.indexOf(token) < start || text.includes(token, end);
  if (apart) throw new Error('a claim was bound to a session that does not have its sandbox once and whole');
  return [text.slice(0, start), text.slice(end)];
}

function template(session: Session): [string, string] {
  if (!('sandbox' in session.state)) throw new Error('a claim was bound to a session without its sandbox');
  return around(JSON.stringify(session), placeholderJson);
}

const withSandbox = (session: Session, sandbox: SandboxRef): Session =>
  'sandbox' in session.state ? { ...session, state: { ...session.state, sandbox } } : session;

async function allEntries(entries: Run): Promise<WarmSandbox[]> {
  const found: WarmSandbox[] = [];
  let after = '';
  do {
    const [last, pools] = (await entries(after)) as [string, Pool[]];
    for (const pool of pools) found.push(...entriesOf(pool));
    after = last;
  } while (after !== '');
  return found;
}

/** What AgentCube is told of a claim, around the sandbox; nothing when it is told nothing. */
function foreignArgs(foreign: Foreign, session: Session): (string | number)[] {
  const { json, expiresAt } = foreign(session, 'SandboxClaim');
  return json === '' ? [] : [session.createdAt, ...around(json, placeholderMembers), expiresAt];
}

/** The warm pool of the session store. */
export const sessionPool = (runs: Runs, foreign: Foreign): WarmPool => ({
  async offer({ sandbox, runtime, revision, readyAt }) {
    const member = `${sandbox.id}\n${sandboxJson(sandbox)}`;
    const kind = JSON.stringify({ runtime, revision } satisfies Kind);
    await runs.offer(sandbox.id, poolName(runtime, revision), member, readyAt, kind);
  },
  async claim(runtime, revision, bind) {
    const { session, dueAt } = bind(placeholder);
    const texts = [...headTexts(session), ...template(session)];
    const told = foreignArgs(foreign, session);
    const reply = await runs.claim(
      session.id,
      poolName(runtime, revision),
      dueText(dueAt),
      ...texts,
      ...told,
    );
    if (typeof reply === 'string') return withSandbox(session, JSON.parse(reply) as SandboxRef);
    return reply === 0 ? 'exists' : 'empty';
  },
  withdraw: async (sandboxId) => (await runs.withdraw(sandboxId)) === 1,
  entries: () => allEntries(runs.entries),
});
