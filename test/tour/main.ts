// `npm run tour [-- --record FILE]`: README's tour, as a new user types it: the commands are run for real, and what they print is
// held against what README shows. Ends with 1 and the difference when a reader would see something else.
// On ports and a data folder of its own, so that a platform that runs is not disturbed: both ways they are named as README has them.
import { mkdtempSync, chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { program } from '../cluster/machine/places.ts';
import { isShown } from './likeness.ts';
import { Recording } from './recording.ts';
import { scriptIn, type Step } from './script.ts';
import { Terminal } from './terminal.ts';

const home = path.resolve(import.meta.dirname, '../..');
const heading = 'The first ten minutes';
const comesUpWithinMs = 120_000;
const commandMs = 120_000;
const folderInReadme = '/var/lib/agentcube';

const { values } = parseArgs({ options: { record: { type: 'string' } } });
const say = (text: string): void => void process.stderr.write(text);

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** This run's names of places, and README's. */
class Places {
  readonly dataDir: string;
  readonly #names: readonly (readonly [own: string, shown: string])[];

  constructor(controlPort: number, activatorPort: number) {
    this.dataDir = mkdtempSync(path.join(os.tmpdir(), 'agentcube-tour-'));
    // Sandboxes' unprivileged users must be able to walk in.
    chmodSync(this.dataDir, 0o755);
    this.#names = [
      [this.dataDir, folderInReadme],
      [`127.0.0.1:${controlPort}`, '127.0.0.1:8080'],
      [`127.0.0.1:${activatorPort}`, '127.0.0.1:8081'],
    ];
  }

  toOwn = (text: string): string =>
    this.#names.reduce((done, [own, shown]) => done.replaceAll(shown, own), text);
  toShown = (text: string): string =>
    this.#names.reduce((done, [own, shown]) => done.replaceAll(own, shown), text);
}

function difference({ command, shown, line }: Step, printed: readonly string[]): string {
  const block = (lines: readonly string[]): string => lines.map((one) => `    ${one}\n`).join('');
  return `\nREADME.md:${line}: ${command}\n  README shows\n${block(shown)}  but it printed\n${block(printed)}`;
}

async function check(step: Step, terminal: Terminal, places: Places): Promise<string | undefined> {
  const { lines, exitCode } = await terminal.run(places.toOwn(step.command), commandMs);
  const printed = lines.map(places.toShown);
  if (exitCode !== 0) return `${difference(step, printed)}  with exit code ${exitCode}\n`;
  return isShown(step.shown, printed) ? undefined : difference(step, printed);
}

async function walk(steps: readonly Step[], record: Recording, places: Places, env: NodeJS.ProcessEnv) {
  const [start, ...rest] = steps;
  if (start?.command !== 'npm start') throw new Error('the tour begins with npm start');
  const onPrinted = (text: string): void => {
    const shown = places.toShown(text);
    record.printed(shown);
    say(shown);
  };
  const typed = (command: string): void => {
    record.typed(command);
    say(`$ ${command}\n`);
  };
  const [first, second] = [0, 1].map(() => new Terminal({ folder: home, env, onPrinted }));
  if (!first || !second) throw new Error('no terminals');
  const found: string[] = [];
  try {
    typed(start.command);
    const printed = await first.begin(
      'npm start --silent',
      /Ctrl-C|export KUBECONFIG[^\n]*\n[^]*\n\n/,
      comesUpWithinMs,
    );
    if (!isShown([...start.shown, '…'], printed.map(places.toShown))) found.push(difference(start, printed));
    for (const step of rest) {
      typed(step.command);
      found.push(...[await check(step, second, places)].filter((one) => one !== undefined));
    }
  } finally {
    await second.close();
    await first.close();
  }
  return found;
}

const steps = scriptIn(readFileSync(path.join(home, 'README.md'), 'utf8'), heading);
const ports = [await freePort(), await freePort()] as const;
const places = new Places(...ports);
const record = new Recording(() => performance.now());
const kubectl = path.dirname(program('kubectl'));
const env = {
  ...{ HOME: process.env['HOME'], TERM: 'dumb', NO_COLOR: '1', npm_config_loglevel: 'error' },
  PATH: `${kubectl}:${process.env['PATH'] ?? ''}`,
  AGENTCUBE_DATA_DIR: places.dataDir,
  AGENTCUBE_CONTROL_PORT: String(ports[0]),
  AGENTCUBE_ACTIVATOR_PORT: String(ports[1]),
};
try {
  const found = await walk(steps, record, places, env);
  if (values.record !== undefined) writeFileSync(values.record, record.toString());
  for (const one of found) say(one);
  say(`\ntour: ${steps.length - found.length} of ${steps.length} commands print what README shows\n`);
  process.exitCode = found.length === 0 && steps.length > 1 ? 0 : 1;
} finally {
  rmSync(places.dataDir, { recursive: true, force: true });
}
