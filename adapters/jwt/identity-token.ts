// Whose session it is to be, as AgentCube 0.1's router tells the workload manager: a token signed by the platform's key, for the
// user whom the router knows. Does not own what an owner may do.
import { createPublicKey } from 'node:crypto';
import { jwtVerify } from 'jose';
import type { OwnerTokens } from '../../controller/api/owner.ts';
import type { Clock } from '../../model/clock.ts';

const audience = 'workloadmanager';

/** Believes what the holder of the key's private half signed (RS256) for the workload manager, until it expires. */
export function createOwnerTokens(publicPem: string, clock: Pick<Clock, 'now'>): OwnerTokens {
  const key = createPublicKey(publicPem);
  return {
    async ownerOf(token) {
      const currentDate = new Date(clock.now());
      const rules = { algorithms: ['RS256'], audience, currentDate, requiredClaims: ['exp', 'sub'] };
      const { payload } = await jwtVerify(token, key, rules).catch(() => ({ payload: undefined }));
      return payload?.sub === '' ? undefined : payload?.sub;
    },
  };
}
