// `agentcube events`: send events, watch their deliveries, and look after dead letters.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import type { Command } from 'commander';
import type { CloudEventInit, DeadLetter, Events } from '../../sdk/index.ts';
import type { App, Run } from '../app.ts';
import { misused } from '../failure.ts';
import { collect, examples, outputFlag } from '../flags.ts';
import { connection } from '../interpreters.ts';
import { age } from '../output/age.ts';
import { formatOf, written } from '../output/format.ts';
import { outline } from '../output/outline.ts';
import { GrowingTable, tableLines } from '../output/table.ts';
import { payloadOf } from '../payloads.ts';

interface SendFlags {
  readonly filename?: string;
  readonly type?: string;
  readonly source?: string;
  readonly subject?: string;
  readonly id?: string;
  readonly data?: string;
  readonly text?: boolean;
  readonly attribute?: readonly string[];
  readonly broker?: string;
  readonly output?: string;
}

interface Shown {
  readonly output?: string;
  readonly trigger?: string;
}

async function eventsOf(run: Run<object>, broker?: string): Promise<Events> {
  const target = await run.target();
  const { Events: Client } = await import('../../sdk/index.ts');
  return new Client({
    ...connection(target),
    namespace: target.namespace,
    ...(broker !== undefined && { broker }),
  });
}

function attributesIn(pairs: readonly string[] = []): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const [, name, value] = /^([a-z0-9]{1,20})=([^]*)$/.exec(pair) ?? [];
      if (name === undefined || value === undefined)
        throw misused(`--attribute ${pair}: not name=value, name in lower case and digits`);
      return [name, value];
    }),
  );
}

async function fromFlags({ io, flags }: Run<SendFlags>): Promise<CloudEventInit> {
  const { type, source, subject, id, data } = flags;
  if (type === undefined) throw misused('an event needs a type', 'such as: --type com.example.issue.opened');
  const payload = data === undefined ? undefined : await payloadOf(io, data, flags.text === true);
  const json = payload?.type === 'application/json';
  return {
    ...attributesIn(flags.attribute),
    type,
    source: source ?? '/agentcube/cli',
    ...(subject !== undefined && { subject }),
    ...(id !== undefined && { id }),
    ...(payload && {
      datacontenttype: payload.type,
      data: json ? (JSON.parse(payload.body.toString()) as unknown) : payload.body,
    }),
  };
}

/** An event, or a list of them, in CloudEvents' JSON. */
async function fromFile(
  { io, flags }: Run<SendFlags>,
  name: string,
): Promise<CloudEventInit | CloudEventInit[]> {
  const given = ['type', 'source', 'subject', 'id', 'data', 'attribute'].filter((flag) => flag in flags);
  if (given.length > 0) throw misused(`--${given[0]} and a file contradict each other`);
  const text = name === '-' ? await readAll(io.stdin) : readText(io.cwd, name);
  try {
    return JSON.parse(text) as CloudEventInit | CloudEventInit[];
  } catch {
    throw misused(`${name}: no JSON`, "an event in CloudEvents' JSON, or a list of them");
  }
}

function readText(cwd: string, name: string): string {
  try {
    return readFileSync(path.resolve(cwd, name), 'utf8');
  } catch {
    throw misused(`${name}: there is no such file, or it cannot be read`);
  }
}

async function send(run: Run<SendFlags>): Promise<void> {
  const { out, flags, io } = run;
  const format = formatOf(io, flags.output);
  const event = flags.filename === undefined ? await fromFlags(run) : await fromFile(run, flags.filename);
  const events = await eventsOf(run, flags.broker);
  const sending = { signal: io.signal };
  const sent = Array.isArray(event)
    ? await events.sendBatch(event, sending)
    : await events.send(event, sending);
  if (format === 'json' || format === 'yaml') return out.raw(await written(sent, format));
  if (format === 'name') return out.lines(sent.ids);
  await out.lines(sent.ids.map((id) => `event ${id} stored`));
  const { deliveries } = sent;
  if (deliveries === 0)
    out.warn('no trigger took it, so it is gone; agentcube get triggers lists what there is');
  else out.note(`${deliveries} deliver${deliveries === 1 ? 'y' : 'ies'}; agentcube events watch shows them`);
}

async function watch(run: Run<Shown>): Promise<void> {
  const { io, out, flags } = run;
  const format = formatOf(io, flags.output);
  const events = await eventsOf(run);
  const growing = new GrowingTable();
  const columns = ['Time', 'Trigger', 'Event', 'Result', 'Status', 'Took', 'Session', 'Reason'];
  const { trigger } = flags;
  for await (const told of events.watch({ signal: io.signal, ...(trigger !== undefined && { trigger }) })) {
    if (format === 'json') await out.line(JSON.stringify(told));
    else if (format === 'yaml') await out.raw(`---\n${await written(told, 'yaml')}`);
    else if ('missed' in told)
      out.warn(`${told.missed} deliveries were not told, because this reader was too slow`);
    else {
      const { at, event, result, status, tookMs, sessionId = '', reason = '' } = told;
      const row = [
        at.slice(11, 23),
        told.trigger,
        `${event.type} ${event.id}`,
        result,
        String(status),
        `${tookMs}ms`,
        sessionId,
        reason,
      ];
      await out.lines(growing.lines({ columns, rows: [row] }));
    }
  }
}

async function letters(run: Run<Shown>): Promise<void> {
  const { io, out, flags } = run;
  const format = formatOf(io, flags.output);
  const { deadLetters } = await eventsOf(run);
  const found: DeadLetter[] = [];
  const { trigger: of } = flags;
  for await (const one of deadLetters.list({ signal: io.signal, ...(of !== undefined && { trigger: of }) }))
    found.push(one);
  if (format === 'json' || format === 'yaml') return out.raw(await written(found, format));
  if (format === 'name') return out.lines(found.map(({ id }) => id));
  if (found.length === 0) return out.note('There are none.');
  const rows = found.map(({ id, trigger, event, tries, error, buriedAt }) => [
    id,
    trigger,
    `${event.type} ${event.id}`,
    String(tries),
    String(error.code),
    age(buriedAt),
    ...(format === 'wide' ? [error.data.slice(0, 120)] : []),
  ]);
  const columns = ['Id', 'Trigger', 'Event', 'Tries', 'Status', 'Age', ...(format === 'wide' ? ['Why'] : [])];
  await out.lines(tableLines({ columns, rows }));
}

async function letter(run: Run<Shown>): Promise<void> {
  const { io, out, flags, words } = run;
  const format = formatOf(io, flags.output);
  const { deadLetters } = await eventsOf(run);
  const found = await deadLetters.get(words[0] ?? '', { signal: io.signal });
  if (format === 'json' || format === 'yaml') return out.raw(await written(found, format));
  if (format === 'name') return out.line(found.id);
  await out.lines(outline(found));
}

/** One by one, or all of a trigger. */
async function settle(run: Run<Shown>, verb: 'replay' | 'drop', done: string): Promise<void> {
  const { flags, words, out, io } = run;
  const { deadLetters } = await eventsOf(run);
  const { trigger } = flags;
  if ((trigger === undefined) === (words.length === 0))
    throw misused('say which: ids, or --trigger for all of a trigger');
  const options = { signal: io.signal };
  if (trigger !== undefined) {
    const count = await (verb === 'replay'
      ? deadLetters.replayAll(trigger, options)
      : deadLetters.dropAll(trigger, options));
    return out.line(`${count} dead letter${count === 1 ? '' : 's'} of ${trigger} ${done}`);
  }
  for (const id of words) {
    await deadLetters[verb](id, options);
    await out.line(`dead letter ${id} ${done}`);
  }
}

function defineSend(command: Command, app: App): void {
  const sends = command
    .command('send')
    .summary('send one')
    .description('Send an event, or a batch of them, and be answered once it is stored.');
  sends
    .option('-f, --filename <file>', "an event in CloudEvents' JSON, or a list of them; - for standard input")
    .option('--type <type>', 'what happened, such as com.example.issue.opened')
    .option('--source <uri>', 'who says so; /agentcube/cli when absent')
    .option('--subject <text>', 'what it is about')
    .option('--id <id>', 'a UUID when absent')
    .option('-d, --data <json>', 'JSON, @FILE, or - for standard input')
    .option('--text', 'the data is text')
    .option('-a, --attribute <name=value>', 'an extension attribute; may be repeated', collect)
    .option('-b, --broker <name>', 'default when absent')
    .addOption(outputFlag());
  examples(sends, [
    `agentcube events send --type com.example.issue.opened --source /my/repository --subject issue/42 -d '{"title": "Login fails"}'`,
    'agentcube events send -f batch.json',
  ]);
  app.act<SendFlags>(sends, send);
}

function defineLetters(command: Command, app: App): void {
  const dead = command
    .command('dead-letters')
    .alias('dead')
    .summary('events that were given up')
    .description('List, show, replay and drop events that were given up.');
  const ls = dead
    .command('ls')
    .alias('list')
    .summary('list them')
    .description('List dead letters, the oldest first.');
  ls.option('-t, --trigger <name>', 'of this trigger').addOption(outputFlag());
  examples(ls, [
    'agentcube events dead-letters ls',
    'agentcube events dead-letters ls -t issue-triage -o wide',
  ]);
  app.act<Shown>(ls, letters);
  const show = dead
    .command('show')
    .summary('one with its event')
    .description('Show a dead letter and its event, as it came.');
  show.argument('<id>').addOption(outputFlag());
  examples(show, ['agentcube events dead-letters show 1']);
  app.act<Shown>(show, letter);
  const verbs = [
    ['replay', 'replay', 'Try them again, as if they came now', 'replayed'],
    ['rm', 'drop', 'Drop them', 'dropped'],
  ] as const;
  for (const [name, verb, summary, done] of verbs) {
    const one = dead.command(name).summary(summary.toLowerCase()).description(`${summary}.`);
    one.argument('[id...]').option('-t, --trigger <name>', 'all of this trigger');
    examples(one, [
      `agentcube events dead-letters ${name} 1`,
      `agentcube events dead-letters ${name} --trigger issue-triage`,
    ]);
    app.act<Shown>(one, (run) => settle(run, verb, done));
  }
  examples(dead, ['agentcube events dead-letters ls']);
}

export function define(command: Command, app: App): void {
  defineSend(command, app);
  const watches = command
    .command('watch')
    .summary('each try, as it ends')
    .description('Tell each try of each delivery as it ends, until Ctrl-C.');
  watches.option('-t, --trigger <name>', 'of this trigger').addOption(outputFlag());
  examples(watches, ['agentcube events watch', 'agentcube events watch -t issue-triage -o json']);
  app.act<Shown>(watches, watch);
  defineLetters(command, app);
  examples(command, ['agentcube events send --type com.example.ping', 'agentcube events watch']);
}
