// Fifty sessions claimed at once from a pool of fifty, through the chart's Service.
import { connect } from '../../bench/support/client.ts';
import { quantile, type Figure } from '../../bench/table.ts';
import { addresses } from '../operator.ts';
import { create, deploy, withdraw } from './stage.ts';

const sessions = 50;
const name = 'burst';

/** Each on a connection of its own, as from fifty clients. */
async function claimAll(): Promise<readonly { readonly kind: string; readonly ms: number }[]> {
  const { hostname, port } = new URL((await addresses()).controlUrl);
  const doors = Array.from({ length: sessions }, () => connect({ host: hostname, port: Number(port) }));
  try {
    return await Promise.all(doors.map((door) => create(door, name)));
  } finally {
    doors.forEach((door) => door.close());
  }
}

export async function burstFigures(): Promise<Figure[]> {
  try {
    await deploy(name, sessions);
    const claims = await claimAll();
    const took = claims.map(({ ms }) => ms);
    const last = Math.max(...took);
    const cold = claims.filter(({ kind }) => kind !== 'SandboxClaim').length;
    const all = `the last after ${last.toFixed(0)} ms, half of them after ${quantile(took, 0.5).toFixed(0)} ms`;
    const within: Figure = {
      what: `${sessions} sessions claimed at once from a pool of ${sessions}, in seconds`,
      sense: 'at most',
      bound: 1,
      ratio: last / 1000,
      seen: all,
    };
    return [
      within,
      {
        what: 'of these, started cold',
        sense: 'at most',
        bound: 0,
        ratio: cold,
        seen: `${cold} of ${sessions}`,
      },
    ];
  } finally {
    await withdraw(name);
  }
}
