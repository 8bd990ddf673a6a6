// `agentcube sessions`: list, look at, pause, resume and end sessions.
import type { Command } from 'commander';
import type { App, Run } from '../app.ts';
import type { Target } from '../contexts/target.ts';
import { misused } from '../failure.ts';
import { examples, outputFlag } from '../flags.ts';
import { KeptSessions } from '../kept.ts';
import { formatOf, written, type Format } from '../output/format.ts';
import { GrowingListing, listingLines } from '../output/listing.ts';
import { outline } from '../output/outline.ts';
import { sessionNamed } from '../session-names.ts';
import {
  listSessions,
  sessionListing,
  sessionPath,
  SessionThings,
  type Session,
} from '../things/sessions.ts';
import { changesOf } from '../watching.ts';

interface ListFlags {
  readonly output?: string;
  readonly all?: boolean;
  readonly allNamespaces?: boolean;
  readonly selector?: string;
  readonly runtime?: string;
  readonly state?: string;
  readonly watch?: boolean;
}

async function list(run: Run<ListFlags>): Promise<void> {
  const { io, out, flags } = run;
  const format = formatOf(io, flags.output);
  const target = await run.target();
  if (flags.watch === true) return watch(run, target, format);
  const found = await listSessions(target, {
    ...(flags.allNamespaces !== true && { namespace: target.namespace }),
    ...(flags.selector !== undefined && { selector: flags.selector }),
    ...(flags.runtime !== undefined && { runtime: flags.runtime }),
    ...(flags.state !== undefined && { state: flags.state }),
  });
  const shown =
    flags.all === true || flags.state !== undefined ? found : found.filter(({ state }) => state !== 'ended');
  if (format === 'json' || format === 'yaml') return out.raw(await written(shown, format));
  if (format === 'name') return out.lines(shown.map(({ sessionId }) => sessionId));
  if (shown.length === 0) return out.note('There are none.');
  const shape = { wide: format === 'wide', namespaces: flags.allNamespaces === true, headings: true };
  await out.lines(listingLines(sessionListing(shown), shape));
}

async function watch({ io, out, flags }: Run<ListFlags>, target: Target, format: Format): Promise<void> {
  if (format === 'json' || format === 'yaml')
    throw misused('--watch of sessions prints rows', 'agentcube get sessions -w -o json prints objects');
  const query = flags.allNamespaces === true ? {} : { namespace: target.namespace };
  const looked = { things: new SessionThings(), target, query, name: undefined };
  const growing = new GrowingListing({
    wide: format === 'wide',
    namespaces: flags.allNamespaces === true,
    headings: true,
  });
  for await (const { listing } of changesOf(looked, 'rows', io.signal))
    await out.lines(growing.lines(listing));
}

interface ShowFlags {
  readonly output?: string;
}

async function show({ io, out, flags, words, target }: Run<ShowFlags>): Promise<void> {
  const format = formatOf(io, flags.output);
  const found = await sessionNamed(await target(), words[0] ?? '');
  const { control } = await target();
  const session = await control.json<Session>(sessionPath(found.sessionId));
  if (format === 'json' || format === 'yaml') return out.raw(await written(session, format));
  if (format === 'name') return out.line(session.sessionId);
  await out.lines(outline(session));
}

/** Each of the sessions, in order, told as it is done. */
async function each(
  run: Run<object>,
  what: string,
  work: (target: Target, session: Session) => Promise<unknown>,
): Promise<void> {
  const target = await run.target();
  const sessions = await Promise.all(run.words.map((word) => sessionNamed(target, word)));
  for (const session of sessions) {
    await run.out.during(`session ${session.sessionId}`, () => work(target, session));
    await run.out.line(`session/${session.sessionId} ${what}`);
  }
}

const post =
  (verb: 'pause' | 'resume') =>
  ({ control }: Target, { sessionId }: Session) =>
    control.json(`${sessionPath(sessionId)}/${verb}`, { method: 'POST', timeoutMs: 0 });

function end({ io }: Run<object>): (target: Target, session: Session) => Promise<void> {
  return async ({ control }, { sessionId }) => {
    await control.json(sessionPath(sessionId), { method: 'DELETE' });
    new KeptSessions(io).forget(sessionId);
  };
}

function defineList(command: Command, app: App): void {
  command
    .command('ls')
    .alias('list')
    .summary('list them')
    .description('List sessions: those that have not ended, unless --all or --state says otherwise.')
    .option('-a, --all', 'those that ended in the last hour, too')
    .option('-A, --all-namespaces', 'of every namespace')
    .option('-l, --selector <labels>', 'with these labels')
    .option('-r, --runtime <name>', 'of this runtime')
    .option('--state <states>', 'in one of these states: running,paused')
    .option('-w, --watch', 'go on and tell each change')
    .addOption(outputFlag());
  const ls = command.commands.at(-1) as Command;
  examples(ls, ['agentcube sessions ls', 'agentcube sessions ls -r hello-agent --state paused,suspended']);
  app.act<ListFlags>(ls, list);
}

function defineVerb(
  command: Command,
  app: App,
  name: string,
  summary: string,
  work: (run: Run<object>) => Promise<void>,
): void {
  const verb = command
    .command(name)
    .summary(summary)
    .description(`${summary}. The beginning of an id will do.`)
    .argument('<session...>');
  examples(verb, [`agentcube sessions ${name} 0faa7b47`]);
  app.act<object>(verb, work);
}

export function define(command: Command, app: App): void {
  defineList(command, app);
  const shown = command
    .command('show')
    .summary('tell all about one')
    .description('Tell all about one. The beginning of its id will do.');
  shown.argument('<session>').addOption(outputFlag());
  examples(shown, ['agentcube sessions show 0faa7b47', 'agentcube sessions show 0faa7b47 -o json']);
  app.act<ShowFlags>(shown, show);
  defineVerb(command, app, 'pause', 'Put them to sleep; their memory is kept', (run) =>
    each(run, 'paused', post('pause')),
  );
  defineVerb(command, app, 'resume', 'Wake them', (run) => each(run, 'resumed', post('resume')));
  defineVerb(command, app, 'rm', 'End them, with their files', (run) => each(run, 'ended', end(run)));
  examples(command, [
    'agentcube sessions ls',
    'agentcube sessions pause 0faa7b47',
    'agentcube sessions rm 0faa7b47',
  ]);
}
