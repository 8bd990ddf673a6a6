// Separate programs on a Redis of their own that a test takes away, and clients whose operations are all judged in the end.
import { setTimeout as sleep } from 'node:timers/promises';
import { check } from '../chaos/checker.ts';
import { Client, type Door, type Held } from '../chaos/client.ts';
import { readFinals, readInventory } from '../chaos/ending.ts';
import { openHistory, type History, type Result } from '../chaos/history.ts';
import { Stage, type StageOptions } from '../chaos/stage.ts';
import type { Program } from './programs.ts';

const patienceMs = 60_000;
const againAfterMs = 100;

export interface Scene {
  readonly stage: Stage;
  readonly history: History;
  readonly client: Client;
  activator(index: number): Program;
  controller(index: number): Program;
}

/** Resolves when all programs are ready. */
export async function openScene(options: Omit<StageOptions, 'history'>): Promise<Scene> {
  const history = openHistory();
  const stage = await Stage.open({ ...options, history });
  const at = (programs: readonly Program[], index: number): Program => {
    const program = programs[index];
    if (!program) throw new Error(`there is no program ${index}`);
    return program;
  };
  return {
    stage,
    history,
    client: new Client(history, patienceMs),
    activator: (index) => at(stage.programs.activators, index),
    controller: (index) => at(stage.programs.controllers, index),
  };
}

/** Opens a session; rejects unless its sandbox answered. */
export async function openHeld({ client }: Scene, runtime: string, door: Door): Promise<Held> {
  const { held, result } = await client.open(runtime, door);
  if (!held || result.kind !== 'answer') throw new Error(`opening ended as ${JSON.stringify(result)}`);
  return held;
}

/** Asks again until it is answered; resolves with how long that took (ms). */
export async function untilAnswered(what: () => Promise<Result>, withinMs: number): Promise<number> {
  const began = performance.now();
  for (;;) {
    const result = await what();
    const took = performance.now() - began;
    if (result.kind === 'answer') return took;
    if (took > withinMs) throw new Error(`after ${Math.round(took)} ms still ${JSON.stringify(result)}`);
    await sleep(againAfterMs);
  }
}

/** The program whose address the store has as the leading controller's. */
export async function leadingController({ stage }: Scene): Promise<Program> {
  const url = await stage.redis.cli('HGET', '{agentcube}:leader:controller', 'url');
  const found = stage.programs.controllers.find((program) => program.url === url);
  if (!found) throw new Error(`no controller has the leader's address ${url}`);
  return found;
}

/** All that is wrong when everything has come to rest, in words; empty when nothing is. */
export async function wrongs(scene: Scene, held: readonly Held[]): Promise<string[]> {
  const { stage, history } = scene;
  await stage.ready();
  await readFinals(history, held, scene.activator(0));
  await readInventory(history, stage.dataDir, scene.controller(0));
  return check(history.entries()).map(({ rule, text }) => `${rule}: ${text}`);
}
