// Sessions as people name them: a whole id, or its beginning when no other begins so.
import type { Target } from './contexts/target.ts';
import { CliError, misused } from './failure.ts';
import { listSessions, readSession, type Session } from './things/sessions.ts';

/** The length of a UUID; whatever is as long is an id. */
const wholeLength = 36;

const none = (word: string): CliError =>
  new CliError('notFound', `there is no session ${word}`, 'agentcube sessions ls lists those that there are');

/** The session that is meant; living ones first. Rejects as not found, or when several are meant. */
export async function sessionNamed(target: Target, word: string): Promise<Session> {
  if (word.length >= wholeLength) return readSession(target, word);
  if (!/^[\w-]+$/.test(word)) throw misused(`${JSON.stringify(word)} is no session's id`);
  const found = (await listSessions(target, {})).filter(({ sessionId }) => sessionId.startsWith(word));
  const living = found.filter(({ state }) => state !== 'ended');
  const meant = living.length > 0 ? living : found;
  const [only] = meant;
  if (!only) throw none(word);
  if (meant.length > 1)
    throw misused(
      `${word} may mean ${meant.length} sessions`,
      `give more of the id: ${meant
        .slice(0, 3)
        .map(({ sessionId }) => sessionId)
        .join(', ')}`,
    );
  return only;
}
