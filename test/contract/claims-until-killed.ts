// A process that claims warm sandboxes until it is killed, and prints each claim once it was answered.
// Run by sqlite.test.ts with the database's path and a name that makes its session ids its own.
import { writeSync } from 'node:fs';
import { openDatabase } from '../../adapters/sqlite/database.ts';
import { sqliteSessionStore } from '../../adapters/sqlite/session-store.ts';
import { interpreter, sessionIn } from '../support/sessions.ts';

const [path = '', name = ''] = process.argv.slice(2);
const store = sqliteSessionStore(openDatabase({ path }));
let count = 0;

async function claimOne(): Promise<boolean> {
  const id = `${name}-${(count += 1)}`;
  const claimed = await store.claim(interpreter, 'r1', (sandbox) => ({
    session: sessionIn({ kind: 'paused', sandbox, claimed: true }, { id }),
    dueAt: null,
  }));
  if (typeof claimed === 'string') return false;
  const sandboxId = 'sandbox' in claimed.state ? claimed.state.sandbox.id : '';
  writeSync(1, `${sandboxId} ${id}\n`);
  return true;
}

for (;;) {
  // Alone and together, so that single and grouped commits are both met by the kill.
  const answers = await Promise.all(Array.from({ length: 1 + (count % 5) }, claimOne));
  if (answers.includes(false)) break;
}
