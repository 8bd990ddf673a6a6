// A platform that starts sandboxes and is killed: run by the driver's contract with a data dir and a tier.
// Prints one line when a sandbox runs, one is paused, and one is half-made.
import { writeSync } from 'node:fs';
import type { TierName } from '../../adapters/local/driver.ts';
import { act, openDriver, processesOf, specOf, withCommand } from '../support/local-driver.ts';

// Nothing of a driver keeps a process alive.
setInterval(() => undefined, 1_000);

const [dataDir = '', tier = ''] = process.argv.slice(2);
const driver = await openDriver(dataDir, tier as TierName);
const running = specOf();
const paused = specOf();
const doomed = specOf();
const halfMade = specOf(withCommand('silent'));
for (const spec of [running, paused]) await act(await driver.start(spec), 'count');
await driver.start(doomed);
await driver.pause(paused.id, 1);
void driver.start(halfMade).catch(() => undefined);
while (processesOf(halfMade.name).length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
writeSync(1, `${JSON.stringify({ running, paused, doomed, halfMade })}\n`);
