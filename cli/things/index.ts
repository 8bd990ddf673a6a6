// Which kind is kept where.
import { isDeployable, type Kind } from '../kinds.ts';
import { DeployedThings } from './deployed.ts';
import { PoolThings } from './pools.ts';
import { SessionThings } from './sessions.ts';
import type { Things } from './thing.ts';

export function thingsOf(kind: Kind): Things {
  if (isDeployable(kind)) return new DeployedThings(kind);
  return kind.plural === 'sessions' ? new SessionThings() : new PoolThings();
}
