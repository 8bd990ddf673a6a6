// `agentcube doctor`: what this machine can isolate, which ports are taken and by whom, whether the platform is up and well,
// and for whatever is not so the command that mends it.
import type { Command } from 'commander';
import type { App, Run } from '../app.ts';
import { localPlatform } from '../contexts/local.ts';
import { CliError } from '../failure.ts';
import { examples, outputFlag } from '../flags.ts';
import type { Finding, Standing } from '../doctor/finding.ts';
import { finding } from '../doctor/finding.ts';
import { lookAtMachine } from '../doctor/machine.ts';
import { lookAtPlatform } from '../doctor/platform.ts';
import { lookAtPort } from '../doctor/ports.ts';
import { formatOf, written } from '../output/format.ts';
import type { Style } from '../output/out.ts';

interface Flags {
  readonly output?: string;
}

const marks: Readonly<Record<Standing, readonly [string, Style]>> = {
  good: ['ok  ', 'green'],
  poor: ['less', 'yellow'],
  bad: ['bad ', 'red'],
};

const headings = { machine: 'This machine', ports: 'Ports', platform: 'The platform' } as const;

async function platform({ target }: Run<Flags>): Promise<Finding[]> {
  try {
    return await lookAtPlatform(await target());
  } catch (fault) {
    if (!(fault instanceof CliError)) throw fault;
    return [finding('platform', 'bad', fault.message, fault.hint)];
  }
}

function ports({ io }: Run<Flags>): Promise<Finding[]> {
  const local = localPlatform(io);
  const own = new Set([local?.controlUrl, local?.activatorUrl].map((url) => url && new URL(url).port));
  const port = (number: number, what: string, flag: string): Promise<Finding> =>
    lookAtPort({ port: number, what, flag, ours: own.has(String(number)) });
  return Promise.all([
    port(8080, 'control API', '--control-port'),
    port(8081, 'activator', '--activator-port'),
  ]);
}

async function print({ out }: Run<Flags>, findings: readonly Finding[]): Promise<void> {
  for (const about of ['machine', 'ports', 'platform'] as const) {
    await out.line(`${about === 'machine' ? '' : '\n'}${out.paint('bold', headings[about])}`);
    for (const { standing, what, mend } of findings.filter((one) => one.about === about)) {
      const [mark, style] = marks[standing];
      await out.line(`  ${out.paint(style, mark)}  ${what}`);
      if (mend !== undefined) await out.line(`        -> ${mend}`);
    }
  }
}

export function define(command: Command, app: App): void {
  command.addOption(outputFlag());
  examples(command, ['agentcube doctor', 'agentcube doctor -o json']);
  app.act<Flags>(command, async (run) => {
    const { io, out, flags } = run;
    const format = formatOf(io, flags.output);
    const looked = await out.during('looking', () =>
      Promise.all([lookAtMachine(), ports(run), platform(run)]),
    );
    const findings = looked.flat();
    if (format === 'json' || format === 'yaml') await out.raw(await written(findings, format));
    else await print(run, findings);
    return findings.some(({ standing }) => standing === 'bad') ? 1 : 0;
  });
}
