// `agentcube invoke AGENT PAYLOAD`: a request to an agent, in the session that the folder keeps, its answer as it comes.
// In a folder with AgentCube's agent_metadata.yaml the agent and its session are those of that file.
import type { IncomingMessage } from 'node:http';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import type { Command } from 'commander';
import type { App, Run } from '../app.ts';
import type { Target } from '../contexts/target.ts';
import { CliError, misused } from '../failure.ts';
import { collect, examples } from '../flags.ts';
import { refusal } from '../http/refusal.ts';
import { keptSession } from '../interpreters.ts';
import { KeptSessions, type SessionKey } from '../kept.ts';
import { findMetadata, rememberSession } from '../metadata.ts';
import { eventData } from '../output/events.ts';
import { headersIn, payloadOf, type Payload } from '../payloads.ts';
import { sessionNamed } from '../session-names.ts';
import { sessionPath } from '../things/sessions.ts';

interface Flags {
  readonly workspace: string;
  readonly payload?: string;
  readonly text?: boolean;
  readonly header?: readonly string[];
  readonly path?: string;
  readonly method?: string;
  readonly session?: string;
  readonly new?: boolean;
  readonly end?: boolean;
  readonly raw?: boolean;
}

const sessionHeader = 'x-agentcube-session-id';

interface Agent {
  readonly kind: 'AgentRuntime' | 'CodeInterpreter';
  readonly name: string;
  /** Of agent_metadata.yaml. */
  readonly sessionId?: string;
  readonly fromFile: boolean;
}

const nameForm = /^([a-z]+\/)?[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/i;

function agentNamed(word: string): Agent {
  const [first = '', second] = word.split('/');
  if (second === undefined) return { kind: 'AgentRuntime', name: first, fromFile: false };
  const kind = /^(ar|agentruntimes?)$/i.test(first)
    ? 'AgentRuntime'
    : /^(ci|codeinterpreters?)$/i.test(first)
      ? 'CodeInterpreter'
      : undefined;
  if (!kind)
    throw misused(
      `${word}: only runtimes are called`,
      'an agent by its name, or ci/NAME for a code interpreter',
    );
  return { kind, name: second, fromFile: false };
}

/** The agent and the payload among the words; a word that can be no name is the payload of the folder's own agent. */
async function meant({
  io,
  words,
  flags,
}: Run<Flags>): Promise<{ readonly agent: Agent; readonly payload: string | undefined }> {
  const [first, second] = words;
  const folder = path.resolve(io.cwd, flags.workspace);
  const named = first !== undefined && nameForm.test(first);
  if (named && second !== undefined && flags.payload !== undefined)
    throw misused('the payload is given twice');
  if (named) return { agent: agentNamed(first), payload: second ?? flags.payload };
  if (second !== undefined) throw misused(`${JSON.stringify(first)} is no name of an agent`);
  const metadata = await findMetadata(folder);
  if (!metadata)
    throw misused(
      'say which agent: agentcube invoke AGENT [PAYLOAD]',
      'agentcube get agentruntimes lists them',
    );
  const { agent_name: name, session_id: sessionId } = metadata;
  return {
    agent: { kind: 'AgentRuntime', name, fromFile: true, ...(sessionId !== undefined && { sessionId }) },
    payload: first ?? flags.payload,
  };
}

interface Call {
  readonly target: Target;
  readonly agent: Agent;
  readonly key: SessionKey;
  readonly payload: Payload;
  readonly headers: Readonly<Record<string, string>>;
}

const segments = { AgentRuntime: 'agent-runtimes', CodeInterpreter: 'code-interpreters' } as const;

async function send(
  { flags, timeoutMs }: Run<Flags>,
  { target, agent, key, payload, headers }: Call,
  sessionId: string | undefined,
) {
  const within = (flags.path ?? '').replace(/^\/+/, '');
  const method = flags.method?.toUpperCase() ?? 'POST';
  const at = `/v1/namespaces/${encodeURIComponent(key.namespace)}/${segments[agent.kind]}/${encodeURIComponent(agent.name)}/invocations/${within}`;
  return target.router.open(at, {
    method,
    headers: {
      ...(method !== 'GET' && {
        'content-type': payload.type,
        'content-length': String(payload.body.length),
      }),
      ...headers,
      ...(sessionId !== undefined && { [sessionHeader]: sessionId }),
    },
    ...(method !== 'GET' && { body: payload.body }),
    // A start or a wake may take as long as the platform lets it: two minutes.
    timeoutMs: timeoutMs ?? 150_000,
  });
}

const endsLine = (chunk: Uint8Array | undefined): boolean => chunk === undefined || chunk.at(-1) === 10;

/** The body as it comes: of a stream of events their data, a line each. */
async function print({ out, flags }: Run<Flags>, response: IncomingMessage): Promise<void> {
  const type = response.headers['content-type'] ?? '';
  const events = /^text\/event-stream/i.test(type);
  const isWords = /^(text\/|application\/([\w.-]+\+)?json)/i.test(type);
  if (events && flags.raw !== true) {
    for await (const data of eventData(response)) await out.line(data);
    return;
  }
  let last: Uint8Array | undefined;
  for await (const chunk of response) {
    last = chunk as Uint8Array;
    await out.raw(last);
  }
  // The next prompt is not to stick to an answer in words; other bytes are nobody's to add to.
  if (isWords && flags.raw !== true && !endsLine(last)) await out.raw('\n');
}

/** Which session it is that the folder goes on with; undefined for a new one. */
async function sessionFor(
  run: Run<Flags>,
  { target, agent, key }: Call,
  kept: KeptSessions,
): Promise<string | undefined> {
  const { flags } = run;
  if (flags.session !== undefined && flags.new === true)
    throw misused('--session and --new contradict each other');
  if (flags.session !== undefined) return (await sessionNamed(target, flags.session)).sessionId;
  if (flags.new === true) return undefined;
  if (agent.sessionId !== undefined) kept.set(key, agent.sessionId);
  return keptSession(target, kept, key);
}

async function keep(run: Run<Flags>, { agent, key }: Call, kept: KeptSessions, id: string): Promise<void> {
  if (run.flags.end === true || run.flags.session !== undefined) return;
  kept.set(key, id);
  if (agent.fromFile) await rememberSession(path.resolve(run.io.cwd, run.flags.workspace), id);
}

async function endSession(
  { out }: Run<Flags>,
  { control }: Target,
  id: string,
  kept: KeptSessions,
): Promise<void> {
  kept.forget(id);
  const ending = control.without().json(sessionPath(id), { method: 'DELETE', timeoutMs: 10_000 });
  await ending.catch(() =>
    out.warn(`session ${id} could not be ended; it ends by itself when nobody uses it`),
  );
}

/** How much of an answer is told in an error. */
const mostTold = 500;

const fromAgent = (status: number, body: string, name: string): CliError => {
  const said = body.trim().slice(0, mostTold);
  return new CliError(
    'refused',
    `${name} itself answered ${status}${said === '' ? '' : `: ${said}`}`,
    'agentcube logs shows what it printed',
  );
};

async function answer(run: Run<Flags>, response: IncomingMessage, { agent }: Call): Promise<number> {
  const { statusCode = 0, headers } = response;
  if (statusCode < 400) {
    await print(run, response);
    return 0;
  }
  const body = (await buffer(response)).toString();
  // What an agent says itself is its own; an error of the platform has a code and is told as one.
  const own = headers[sessionHeader] !== undefined && !/"code":\s*"[A-Z_]+"/.test(body);
  throw own
    ? fromAgent(statusCode, body, agent.name)
    : refusal(statusCode, body, `${agent.kind} ${agent.name}`);
}

async function callOf(run: Run<Flags>): Promise<Call> {
  const { io, flags } = run;
  const { agent, payload: word = '{}' } = await meant(run);
  const payload = await payloadOf(io, word, flags.text === true);
  const headers = headersIn(flags.header);
  const target = await run.target();
  const { kind, name } = agent;
  return {
    target,
    agent,
    payload,
    headers,
    key: { context: target.name, kind, namespace: target.namespace, name },
  };
}

const idIn = ({ headers }: IncomingMessage): string | undefined => [headers[sessionHeader] ?? []].flat()[0];

async function invoke(run: Run<Flags>): Promise<number> {
  const { io, out, flags } = run;
  const call = await callOf(run);
  const { target, agent } = call;
  const kept = new KeptSessions(io, path.resolve(io.cwd, flags.workspace));
  const before = await sessionFor(run, call, kept);
  const response = await out.during(`${agent.name} answers`, () => send(run, call, before));
  const id = idIn(response) ?? before;
  const made = id !== before;
  if (id !== undefined) await keep(run, call, kept, id);
  if (made && flags.end !== true) out.note(`session ${id}`);
  out.trace(`Server-Timing: ${String(response.headers['server-timing'] ?? 'none')}`);
  try {
    return await answer(run, response, call);
  } finally {
    const finished = flags.end === true || (made && io.signal.aborted);
    if (id !== undefined && finished) await endSession(run, target, id, kept);
  }
}

export function define(command: Command, app: App): void {
  command
    .argument('[agent]', 'an AgentRuntime, or ci/NAME; that of agent_metadata.yaml when absent')
    .argument('[payload]', 'JSON, @FILE, or - for standard input; {} when absent')
    .option('-f, --workspace <folder>', 'folder of agent_metadata.yaml, and whose session it is', '.')
    .option('--payload <json>', 'the payload, as AgentCube has it')
    .option('--text', 'send the payload as it is, as text')
    .option('-H, --header <line>', "a header 'Name: value'; may be repeated", collect)
    .option('-p, --path <path>', "below the agent's address, such as /chat?stream=1")
    .option('-X, --method <method>', 'POST when absent')
    .option('-s, --session <id>', 'in this session; the beginning of its id will do')
    .option('--new', 'in a new session, which the folder keeps from then on')
    .option('--end', 'end the session afterwards')
    .option('--raw', 'print the answer byte for byte, server-sent events too');
  examples(command, [
    `agentcube invoke hello-agent '{"prompt": "Introduce yourself"}'`,
    'agentcube invoke hello-agent @question.json --new',
    'echo hello | agentcube invoke chat-agent - --text --path /chat',
  ]);
  app.act<Flags>(command, invoke);
}
