// From creating a session to the output of a Python script, warm, over both ports, against running the same file with the same Python from Node.
// Both count until the output is complete and the exit status known, which is when PicoD's API answers.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { connect, type Connection } from './support/client.ts';
import { benchPlatform, poolFilled } from './support/platform.ts';
import { latencyFigures, type Figure } from './table.ts';

const rounds = 60;
const warmUp = 5;
const script = "print('Hello from AgentCube!')";

async function ourPrint(control: Connection, data: Connection): Promise<{ ms: number; id: string }> {
  const start = performance.now();
  const json = { name: 'warm', namespace: 'default' };
  const created = await control.ask({ method: 'POST', path: '/v1/code-interpreter', json });
  const id = String((JSON.parse(created.body) as Record<string, unknown>).sessionId);
  const base = '/v1/namespaces/default/code-interpreters/warm/invocations';
  const headers = { 'x-agentcube-session-id': id };
  const file = { path: 'script.py', content: Buffer.from(script).toString('base64'), mode: '0644' };
  await data.ask({ method: 'POST', path: `${base}/api/files`, headers, json: file });
  const command = { command: ['python3', 'script.py'], timeout: '30s' };
  const ran = await data.ask({ method: 'POST', path: `${base}/api/execute`, headers, json: command });
  if (!ran.body.includes('Hello from AgentCube!')) throw new Error(`no print: ${ran.status} ${ran.body}`);
  return { ms: performance.now() - start, id };
}

async function spawnPrint(file: string): Promise<number> {
  const start = performance.now();
  const env = { PATH: '/usr/local/bin:/usr/bin:/bin' };
  const { stdout } = await promisify(execFile)('python3', [file], { env });
  if (!stdout.includes('Hello')) throw new Error('no print');
  return performance.now() - start;
}

export async function firstPrintFigures(): Promise<Figure[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'agentcube-bench-'));
  const file = path.join(folder, 'script.py');
  writeFileSync(file, script);
  const platform = await benchPlatform();
  const control = connect({ port: platform.controlPort });
  const data = connect({ port: platform.activatorPort });
  const ours: number[] = [];
  const spawned: number[] = [];
  try {
    for (let round = 0; round < rounds + warmUp; round += 1) {
      await poolFilled(platform, 'warm');
      const print = await ourPrint(control, data);
      await control.ask({ method: 'DELETE', path: `/v1/code-interpreter/sessions/${print.id}` });
      await poolFilled(platform, 'warm');
      const reference = await spawnPrint(file);
      if (round < warmUp) continue;
      ours.push(print.ms);
      spawned.push(reference);
    }
  } finally {
    control.close();
    data.close();
    await platform.stop();
    rmSync(folder, { recursive: true });
  }
  return latencyFigures('create until `print` arrives', ours, spawned, 'spawn python3', { p50: 3 });
}
