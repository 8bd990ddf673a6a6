// Owns: putting the parts of the session store together over one link. What each part promises is in its own file.
// Each operation is one round trip and atomic: a Lua function, sent once per connection. Does not own the connection.
import { Cluster } from 'ioredis';
import { PlatformError } from '../../model/errors.ts';
import type { SessionStore } from '../../model/session-store.ts';
import { foreignEntry } from './compat.ts';
import type { Fence, RedisLink } from './link.ts';
import { compatLua } from './scripts/compat.ts';
import { leaseScripts } from './scripts/leases.ts';
import { poolScripts } from './scripts/pool.ts';
import { readScripts } from './scripts/reads.ts';
import { runsOf, type Lua } from './scripts/script.ts';
import { writeScripts } from './scripts/writes.ts';
import { sessionLeases } from './session-leases.ts';
import { sessionPool } from './session-pool.ts';
import { sessionReads } from './session-reads.ts';
import { sessionUpkeep, sessionWrites, type Foreign } from './session-writes.ts';

export interface RedisSessionStoreOptions {
  /** A leader's store: each operation is answered NOT_LEADER unless the store has this term. Absent: refused while unprepared. */
  readonly fence?: Fence;
  /** Keeps AgentCube's keyspace (`session:<id>` and its two indexes) beside ours. Not on a Cluster. */
  readonly compatKeys?: boolean;
}

const nothing: Foreign = () => ({ json: '', expiresAt: 0 });

/** The session store in the Redis of `link`; closing it closes nothing, the connection has its own owner. */
export function redisSessionStore(link: RedisLink, options: RedisSessionStoreOptions = {}): SessionStore {
  const { fence, compatKeys = false } = options;
  if (compatKeys && link.client instanceof Cluster) {
    throw new PlatformError(
      'INVALID_REQUEST',
      "AgentCube's keys cannot be kept on a Redis Cluster: they have no hash tag",
    );
  }
  const runs = <Name extends string>(functions: Readonly<Record<Name, Lua>>) =>
    runsOf(link, fence, functions);
  const compat = compatLua(compatKeys);
  const foreign = compatKeys ? foreignEntry : nothing;
  const writes = runs(writeScripts(compat));
  return {
    ...sessionReads(runs(readScripts)),
    ...sessionWrites(writes, foreign),
    ...sessionUpkeep(writes),
    ...sessionLeases(runs(leaseScripts(compat))),
    ...sessionPool(runs(poolScripts(compat)), foreign),
    close: async () => {},
  };
}
