// Seen from above whenever something is stored. S2: a session that comes to rest for want of use is used by nobody who holds
// a lease on it. S1: what a claim gives is there.
import { sandboxIdOf } from '../../model/session-query.ts';
import type { Stage } from './stage.ts';
import type { StoreWatch } from './store-server.ts';

export function watchStore(stage: Stage): StoreWatch {
  const { world, host } = stage;
  return {
    onRested(session) {
      for (const { requests } of stage.clients) {
        const used = requests.find((one) => one.holds(session));
        if (used)
          world.fail(
            'S2',
            `session ${session.id} is ${session.state.kind} while request ${used.id} is in hand under a lease`,
          );
      }
    },
    onClaimed(session) {
      const id = sandboxIdOf(session) ?? '';
      if (!host.find(id))
        world.fail('S1', `session ${session.id} was given sandbox ${id}, which is not there`);
    },
  };
}
