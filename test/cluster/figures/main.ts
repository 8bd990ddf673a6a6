// npm run bench:cluster [-- NAME…] [--write]: the figures of a cluster as a table; --write keeps it in docs/bench.md.
// Exits 1 when a bound is not kept, so that it can be used as a check by hand; CI does not time anything.
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { kept, markdownTable, type Figure } from '../../bench/table.ts';
import { burstFigures } from './burst.ts';
import { creatingFigures } from './creating.ts';
import { onStage } from './stage.ts';
import { wakingFigures } from './waking.ts';
import { writeFigures } from './writes.ts';

const benches: Record<string, () => Promise<Figure[]>> = {
  creating: creatingFigures,
  waking: wakingFigures,
  writes: writeFigures,
  burst: burstFigures,
};

const page = new URL('../../../docs/bench.md', import.meta.url);
const heading = '## On a cluster';

/** Everything from the heading on is ours. */
function write(table: string): void {
  const [before = ''] = readFileSync(page, 'utf8').split(`\n${heading}\n`);
  const date = new Date().toISOString().slice(0, 10);
  const words = `Printed by \`npm run bench:cluster -- --write\` on ${date}, on the same machine: one node, the chart as installed, all through its Services.
Where the bound is a ratio, the reference was measured in turns with ours; the others are seconds, counts and shares of time.`;
  writeFileSync(page, `${before.trimEnd()}\n\n${heading}\n\n${words}\n\n${table}\n`);
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
await onStage(async () => {
  for (const [name, run] of Object.entries(benches)) {
    if (positionals.length > 0 && !positionals.includes(name)) continue;
    console.error(`measuring ${name} …`);
    figures.push(...(await run()));
  }
});
const table = markdownTable(figures);
console.log(table);
if (values.write === true) write(table);
process.exit(figures.every(kept) ? 0 : 1);
