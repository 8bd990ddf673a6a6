// The first byte from a paused agent through the activator, against thawing the same agent by hand and asking its socket.
// Both over a new connection: the agent may have given up its idle ones the moment it woke, so neither can rely on an old one.
import { readFileSync, writeFileSync } from 'node:fs';
import { connect, type Connection } from './support/client.ts';
import { freezerOf } from './support/freezer.ts';
import { benchPlatform, type BenchPlatform } from './support/platform.ts';
import { latencyFigures, type Figure } from './table.ts';

const rounds = 150;
const warmUp = 10;
const base = '/v1/namespaces/default/agent-runtimes/echo/invocations/';

interface Subject {
  readonly id: string;
  readonly sandboxId: string;
  readonly socketPath: string;
}

async function open(platform: BenchPlatform, data: Connection, control: Connection): Promise<Subject> {
  const first = await data.ask({ path: base });
  const id = String(first.headers['x-agentcube-session-id']);
  const session = JSON.parse((await control.ask({ path: `/v1/sessions/${id}` })).body) as {
    sandbox: { id: string };
  };
  const file = `${platform.dataDir}/sandboxes/${session.sandbox.id}/run/8080.sock`;
  return { id, sandboxId: session.sandbox.id, socketPath: file };
}

async function must(answer: Promise<{ status: number; body: string; firstByteMs: number }>): Promise<number> {
  const { status, body, firstByteMs } = await answer;
  if (status !== 200) throw new Error(`answered ${status}: ${body}`);
  return firstByteMs;
}

export async function wakeFigures(): Promise<Figure[]> {
  const platform = await benchPlatform();
  const control = connect({ port: platform.controlPort });
  const data = connect({ port: platform.activatorPort });
  const ours: number[] = [];
  const byHand: number[] = [];
  try {
    const subject = await open(platform, data, control);
    const freezer = freezerOf(subject.sandboxId);
    const command = (what: string) =>
      must(control.ask({ method: 'POST', path: `/v1/sessions/${subject.id}/${what}` }));
    const headers = { 'x-agentcube-session-id': subject.id };
    for (let round = 0; round < rounds + warmUp; round += 1) {
      await command('pause');
      if (!freezer.isFrozen(readFileSync(freezer.stateFile, 'utf8'))) throw new Error('it is not frozen');
      const woken = await must(data.ask({ path: base, headers }));
      await command('pause');
      const start = performance.now();
      writeFileSync(freezer.file, freezer.thaw);
      const direct = connect({ socketPath: subject.socketPath });
      await must(direct.ask({ path: '/' }));
      const thawed = performance.now() - start;
      direct.close();
      await command('resume');
      if (round < warmUp) continue;
      ours.push(woken);
      byHand.push(thawed);
    }
  } finally {
    control.close();
    data.close();
    await platform.stop();
  }
  return latencyFigures('first byte from a paused agent', ours, byHand, 'thawed by hand', { p50: 2, p99: 8 });
}
