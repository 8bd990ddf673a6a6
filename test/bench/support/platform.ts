// The real platform with what the figures need: a warm pool of code interpreters, and an agent that answers at once.
import { setTimeout as sleep } from 'node:timers/promises';
import { startPlatform } from '../../support/platform.ts';
import { connect } from './client.ts';

export interface BenchPlatform {
  readonly controlPort: number;
  readonly activatorPort: number;
  readonly dataDir: string;
  stop(): Promise<void>;
}

/** Starts the platform on the manifests beside this file and waits until its pools are full. */
export async function benchPlatform(): Promise<BenchPlatform> {
  const platform = await startPlatform({ folder: new URL('manifests', import.meta.url).pathname });
  const ready = {
    controlPort: Number(new URL(platform.controlUrl).port),
    activatorPort: Number(new URL(platform.activatorUrl).port),
    dataDir: platform.dataDir,
    stop: async () => void (await platform.stop()),
  };
  await poolFilled(ready, 'warm');
  return ready;
}

/** A pool is looked at a moment after a claim; its status tells of the claim only then (ms). */
const noticeMs = 200;

/** Waits until the interpreter's pool is as large as its manifest asks. */
export async function poolFilled(platform: BenchPlatform, name: string): Promise<void> {
  const connection = connect({ port: platform.controlPort });
  const path = `/apis/runtime.agentcube.volcano.sh/v1alpha1/namespaces/default/codeinterpreters/${name}`;
  await sleep(noticeMs);
  for (let tries = 0; tries < 1_000; tries += 1) {
    const { body } = await connection.ask({ path });
    if ((JSON.parse(body) as { status?: { ready?: boolean } }).status?.ready === true)
      return connection.close();
    await sleep(20);
  }
  throw new Error(`the pool of ${name} does not fill`);
}
