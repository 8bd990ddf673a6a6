// Creating a session from a warm pool through the chart's Service, against the same call on one machine, in turns.
import { connect } from '../../bench/support/client.ts';
import { benchPlatform, poolFilled } from '../../bench/support/platform.ts';
import { latencyFigures, type Figure } from '../../bench/table.ts';
import { command, create, deploy, openDoors, poolFull, withdraw } from './stage.ts';

const rounds = 25;
const warmUp = 3;
const poolSize = 4;
const name = 'creating';

async function onOneMachine(control: ReturnType<typeof connect>): Promise<number> {
  const json = { name: 'warm', namespace: 'default' };
  const answer = await control.ask({ method: 'POST', path: '/v1/code-interpreter', json });
  const { kind, sessionId } = JSON.parse(answer.body) as Record<string, unknown>;
  if (kind !== 'SandboxClaim') throw new Error(`a session did not come from the pool: ${answer.body}`);
  await control.ask({ method: 'DELETE', path: `/v1/sessions/${String(sessionId)}` });
  return answer.endMs;
}

async function onCluster(control: ReturnType<typeof connect>): Promise<number> {
  const { kind, sessionId, ms } = await create(control, name);
  if (kind !== 'SandboxClaim') throw new Error('a session started cold');
  await command(control, sessionId, 'end');
  return ms;
}

/** Each creation finds its pool full, as after a pause of any length. */
export async function creatingFigures(): Promise<Figure[]> {
  const single = await benchPlatform();
  const doors = await openDoors();
  const reference = connect({ port: single.controlPort });
  const [ours, theirs]: [number[], number[]] = [[], []];
  try {
    await deploy(name, poolSize);
    for (let round = -warmUp; round < rounds; round += 1) {
      await poolFull(name, poolSize);
      const cluster = await onCluster(doors.control);
      await poolFilled(single, 'warm');
      const machine = await onOneMachine(reference);
      if (round < 0) continue;
      ours.push(cluster);
      theirs.push(machine);
    }
  } finally {
    reference.close();
    doors.close();
    await single.stop();
    await withdraw(name);
  }
  return latencyFigures(
    'create a session from a warm pool, through the Service',
    ours,
    theirs,
    'one machine',
    {
      p50: 5,
    },
  );
}
