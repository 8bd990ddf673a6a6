// npm run bench [-- NAME…] [--write]: prints the figures as a table; --write keeps it in docs/bench.md with the machine, beside the
// figures that were not asked for.
// Exits 1 when a bound is not kept, so that it can be used as a check by hand; CI does not time anything.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { parseArgs } from 'node:util';
import { claimFigures } from './claim.ts';
import { cliFigures } from './cli.ts';
import { daemonMemoryFigures } from './daemon-memory.ts';
import { eventFigures } from './events.ts';
import { eventQueueFigures } from './event-queue.ts';
import { filterFigures } from './filters.ts';
import { firstPrintFigures } from './first-print.ts';
import { proxyFigures } from './proxy.ts';
import { redisActivatorFigures } from './redis-activators.ts';
import { redisClaimFigures } from './redis-claim.ts';
import { redisScalingFigures } from './redis-scaling.ts';
import { stormFigures } from './storm.ts';
import { kept, markdownTable, withFigures, type Figure } from './table.ts';
import { wakeFigures } from './wake.ts';

const benches: Record<string, () => Promise<Figure[]>> = {
  proxy: proxyFigures,
  claim: claimFigures,
  wake: wakeFigures,
  print: firstPrintFigures,
  cli: cliFigures,
  memory: daemonMemoryFigures,
  filters: filterFigures,
  queue: eventQueueFigures,
  events: eventFigures,
  storm: stormFigures,
  redis: redisClaimFigures,
  activators: redisActivatorFigures,
  scaling: redisScalingFigures,
};

const machine = (): string =>
  `${os.cpus().length} × ${os.cpus()[0]?.model ?? 'unknown processor'}, ${Math.round(os.totalmem() / 2 ** 30)} GiB, ` +
  `Linux ${os.release()}, Node ${process.version}, ${execFileSync('bwrap', ['--version']).toString().trim()}, ` +
  `Redis ${/v=([\d.]+)/.exec(execFileSync('redis-server', ['--version']).toString())?.[1] ?? 'unknown'}`;

/** Not measured here. */
const besides = `
## Faults

CI runs 10,000 seeds of the simulated faults (\`npm run simulate:faults -- --seeds 10000\`: about 100 seeds a second on two processors) and
two minutes of chaos with real processes (\`npm run chaos -- --minutes 2 --seed 1\`). Each of the planted bugs is found within 1,000 seeds.
`;

const page = (table: string): string => `# Figures

Printed by \`npm run bench -- --write\` on ${new Date().toISOString().slice(0, 10)}: ${machine()}.
Each ratio is of one run, ours against a reference measured in turns with it; absolute times are for orientation.

${table}
${besides}`;

const file = new URL('../../docs/bench.md', import.meta.url);
/** `npm run bench:cluster` writes what follows this heading. */
const cluster = '\n## On a cluster\n';

function keep(figures: readonly Figure[], all: boolean): void {
  const [before = '', ...rest] = readFileSync(file, 'utf8').split(cluster);
  const table = all ? markdownTable(figures) : withFigures(before, figures);
  writeFileSync(file, [page(table), ...rest].join(cluster));
}

const { values, positionals } = parseArgs({
  options: { write: { type: 'boolean' } },
  allowPositionals: true,
});
const unknown = positionals.filter((name) => !(name in benches));
if (unknown.length > 0) {
  console.error(`no bench named ${unknown.join(', ')}; there are: ${Object.keys(benches).join(', ')}`);
  process.exit(2);
}
const figures: Figure[] = [];
for (const [name, run] of Object.entries(benches)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  console.error(`measuring ${name} …`);
  figures.push(...(await run()));
}
console.log(markdownTable(figures));
if (values.write === true) keep(figures, positionals.length === 0);
process.exit(figures.every(kept) ? 0 : 1);
