// Creating a session from a warm pool through the control API, against a bare Express route with one durable write.
import os from 'node:os';
import path from 'node:path';
import { connect, type Connection } from './support/client.ts';
import { beside } from './support/process.ts';
import { benchPlatform, poolFilled } from './support/platform.ts';
import { latencyFigures, type Figure } from './table.ts';

const rounds = 120;
const warmUp = 20;
const body = { name: 'warm', namespace: 'default', ttl: 3600, metadata: {} };

async function createMs(connection: Connection): Promise<{ ms: number; kind: unknown; id: unknown }> {
  const answer = await connection.ask({ method: 'POST', path: '/v1/code-interpreter', json: body });
  if (answer.status !== 200) throw new Error(`create answered ${answer.status}: ${answer.body}`);
  const { kind, sessionId } = JSON.parse(answer.body) as Record<string, unknown>;
  return { ms: answer.endMs, kind, id: sessionId };
}

/** The figures of claiming; each claim finds the pool full, as after a pause of any length. */
export async function claimFigures(): Promise<Figure[]> {
  const platform = await benchPlatform();
  const database = path.join(os.tmpdir(), `agentcube-bench-${process.pid}.db`);
  const reference = await beside(process.execPath, [
    new URL('support/express-reference.ts', import.meta.url).pathname,
    database,
  ]);
  const ours = connect({ port: platform.controlPort });
  const theirs = connect({ port: Number(reference.line) });
  const claims: number[] = [];
  const writes: number[] = [];
  try {
    for (let round = 0; round < rounds + warmUp; round += 1) {
      await poolFilled(platform, 'warm');
      const claim = await createMs(ours);
      if (claim.kind !== 'SandboxClaim') throw new Error('a session started cold');
      const write = await createMs(theirs);
      await ours.ask({ method: 'DELETE', path: `/v1/code-interpreter/sessions/${String(claim.id)}` });
      if (round < warmUp) continue;
      claims.push(claim.ms);
      writes.push(write.ms);
    }
  } finally {
    ours.close();
    theirs.close();
    await reference.stop();
    await platform.stop();
  }
  const name = 'Express, one durable write';
  return latencyFigures('create a session from a warm pool', claims, writes, name, { p50: 5, p99: 25 });
}
