// `agentcube pools`: the warm pools and what is on the way, as a view that stays on the screen with --watch.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import type { App, Run } from '../app.ts';
import { misused } from '../failure.ts';
import { examples, outputFlag } from '../flags.ts';
import { formatOf, written } from '../output/format.ts';
import { listingLines } from '../output/listing.ts';
import { tableLines } from '../output/table.ts';
import { listPools, poolListing, type Pool } from '../things/pools.ts';
import { listSessions, type Session } from '../things/sessions.ts';

interface Flags {
  readonly output?: string;
  readonly allNamespaces?: boolean;
  readonly watch?: boolean;
}

const everyMs = 1_000;
const awake = new Set(['running', 'resuming', 'creating', 'restarting', 'pausing']);
const clearScreen = '\u001b[H\u001b[2J';

/** Sessions of each runtime beside its pool. */
function together(pools: readonly Pool[], sessions: readonly Session[]): string[] {
  const rows = pools.map((pool) => {
    const own = sessions.filter(
      ({ runtime, state }) =>
        state !== 'ended' &&
        runtime.kind === pool.kind &&
        runtime.name === pool.name &&
        runtime.namespace === pool.namespace,
    );
    const running = own.filter(({ state }) => awake.has(state)).length;
    const counts = [running, own.length - running, pool.starting].map(String);
    return [pool.namespace, pool.name, `${pool.ready}/${pool.target}`, ...counts, pool.trouble ?? pool.text];
  });
  return tableLines({
    columns: ['Namespace', 'Runtime', 'Warm', 'Awake', 'Asleep', 'Starting', 'Why'],
    rows,
  });
}

async function view(run: Run<Flags>): Promise<string[]> {
  const target = await run.target();
  const query = run.flags.allNamespaces === true ? {} : { namespace: target.namespace };
  const [pools, sessions] = await Promise.all([listPools(target, query), listSessions(target, query)]);
  return together(pools, sessions);
}

async function follow(run: Run<Flags>): Promise<void> {
  const { io, out } = run;
  if (io.stdout.isTTY !== true)
    throw misused('--watch draws on a terminal', 'agentcube get pools --watch prints changes');
  while (!io.signal.aborted) {
    const lines = await view(run);
    await out.raw(`${clearScreen}${lines.join('\n')}\n`);
    await sleep(everyMs, undefined, { signal: io.signal }).catch(() => undefined);
  }
}

export function define(command: Command, app: App): void {
  command
    .option('-A, --all-namespaces', 'of every namespace')
    .option('-w, --watch', 'draw it anew each second')
    .addOption(outputFlag());
  examples(command, ['agentcube pools', 'agentcube top --watch', 'agentcube pools -o wide']);
  app.act<Flags>(command, async (run) => {
    const { io, out, flags } = run;
    const format = formatOf(io, flags.output);
    if (flags.watch === true) return follow(run);
    if (format === 'table') return out.lines(await view(run));
    const target = await run.target();
    const pools = await listPools(
      target,
      flags.allNamespaces === true ? {} : { namespace: target.namespace },
    );
    if (format === 'json' || format === 'yaml') return out.raw(await written(pools, format));
    if (format === 'name') return out.lines(pools.map(({ name }) => `pool/${name}`));
    const shape = { wide: true, namespaces: flags.allNamespaces === true, headings: true };
    await out.lines(listingLines(poolListing(pools), shape));
  });
}
