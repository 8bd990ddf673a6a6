// What every part of the Redis adapter is handed: the connection, and whose keys it may touch.
// Does not own the connection's life (connection.ts). Every key and channel is named here and carries the one hash tag,
// so that each operation stays in one slot of a Cluster.
import type { Cluster, Redis } from 'ioredis';
import type { LeaderRole } from '../../model/leader-election.ts';

/** A connection to the store and the name space of this platform's keys in it. */
export interface RedisLink {
  readonly client: Redis | Cluster;
  /** `{agentcube}`: every key begins with it and a colon. */
  readonly prefix: string;
}

/** Whose writes these are: the store refuses them with NOT_LEADER when the role has another term. */
export interface Fence {
  readonly role: LeaderRole;
  readonly term: number;
}

/** A key or channel of the platform: `{agentcube}:due`. */
export const keyOf = ({ prefix }: Pick<RedisLink, 'prefix'>, ...parts: readonly string[]): string =>
  [prefix, ...parts].join(':');
/** Where a role's present term is kept; it has no time to live, so that it only grows. */
export const termKeyOf = (link: Pick<RedisLink, 'prefix'>, role: LeaderRole): string =>
  keyOf(link, 'term', role);
/** Set while the store holds what it should (StorePreparation). */
export const preparedKeyOf = (link: Pick<RedisLink, 'prefix'>): string => keyOf(link, 'prepared');
