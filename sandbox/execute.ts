// Owns: POST /api/execute: PicoD 0.1's request, defaults, refusals and answer. Does not own: running (run-command.ts), nor lines
// (live-output.ts). 200 whenever the command was attempted, whatever became of it.
// Beyond PicoD: whoever accepts application/x-ndjson gets the output as it comes, one line of JSON for each piece, and as the last
// line what else PicoD answers. Such a command ends with its request, for nobody else can learn what became of it.
import type { DaemonContext } from './daemon-context.ts';
import { formatWhole, parseDuration } from './duration.ts';
import { JailEscape, makeDirectory } from './file-write.ts';
import { bindJson } from './go-bind.ts';
import type { Shape } from './go-bind.ts';
import { errorCode, goPathError } from './go-errors.ts';
import { resolveInJail } from './jail.ts';
import { LiveOutput } from './live-output.ts';
import { Output } from './output.ts';
import type { Reply } from './reply.ts';
import { failure, json } from './reply.ts';
import { runCommand } from './run-command.ts';
import type { Ending, Takers } from './run-command.ts';
import { formatTimestamp } from './timestamp.ts';

const REQUEST = {
  name: 'ExecuteRequest',
  fields: {
    command: { kind: 'string[]', required: true },
    timeout: { kind: 'string' },
    working_dir: { kind: 'string' },
    env: { kind: 'map[string]string' },
  },
} as const satisfies Shape;

const DEFAULT_TIMEOUT_NS = 60e9;
/** As timeout(1), and as PicoD. */
const TIMED_OUT_CODE = 124;
const NOT_STARTED_CODE = 1;
const SIGNALLED_CODE = -1;

type Place = { ok: true; cwd: string } | { ok: false; reply: Reply };

/** The directory to run in; a missing one is made. */
function workingDirectory(context: DaemonContext, requested: string | undefined): Place {
  if (requested === undefined || requested === '') return { ok: true, cwd: context.workspace };
  const jailed = resolveInJail(context.workspace, requested);
  if (!jailed.ok) return { ok: false, reply: failure(400, `Invalid working directory: ${jailed.error}`) };
  try {
    makeDirectory(context.workspace, jailed.path);
    return { ok: true, cwd: jailed.path };
  } catch (error) {
    if (error instanceof JailEscape) {
      return { ok: false, reply: failure(400, `Invalid working directory: ${error.message}`) };
    }
    // Node says EEXIST where a file stands in the way; Go's MkdirAll says that it is no directory.
    const reason = errorCode(error) === 'EEXIST' ? { code: 'ENOTDIR' } : error;
    const text = goPathError('mkdir', jailed.path, reason);
    return { ok: false, reply: failure(500, `Failed to create working directory: ${text}`) };
  }
}

function exitCode(ending: Ending): number {
  switch (ending.kind) {
    case 'exited':
      return ending.code;
    case 'signalled':
      return SIGNALLED_CODE;
    case 'timed-out':
      return TIMED_OUT_CODE;
    case 'not-started':
      return NOT_STARTED_CODE;
  }
}

/** What stderr says beside what the command said there. */
function endingText(ending: Ending, timeoutNs: number): string {
  if (ending.kind === 'not-started') return ending.reason;
  if (ending.kind !== 'timed-out') return '';
  return `Command timed out after ${formatWhole(timeoutNs / 1e9)} seconds`;
}

interface Asked {
  readonly argv: readonly [string, ...string[]];
  readonly cwd: string;
  readonly env: Record<string, string> | undefined;
  readonly timeoutNs: number;
}

/** A timeout of zero or less has passed before anything could start. */
async function attempt(context: DaemonContext, asked: Asked, takers: Takers): Promise<Ending> {
  if (asked.timeoutNs <= 0) return { kind: 'timed-out' };
  const { commandEnvironment } = context;
  return runCommand(
    {
      argv: asked.argv,
      cwd: asked.cwd,
      env: { ...commandEnvironment, ...asked.env },
      searchPath: commandEnvironment['PATH'] ?? '',
      timeoutMs: asked.timeoutNs / 1e6,
    },
    takers,
    context.beginWork(),
  );
}

interface Told {
  readonly exit_code: number;
  readonly duration: number;
  readonly start_time: string;
  readonly end_time: string;
}

/** Runs it; `ending` gives stderr its last words. */
async function run(
  context: DaemonContext,
  asked: Asked,
  takers: Takers,
): Promise<{ ending: Ending; told: Told }> {
  const startedAt = context.wallNs();
  const started = context.monotonicNs();
  const ending = await attempt(context, asked, takers);
  const elapsed = context.monotonicNs() - started;
  const told = {
    exit_code: exitCode(ending),
    duration: Number(elapsed) / 1e9,
    start_time: formatTimestamp(startedAt),
    end_time: formatTimestamp(startedAt + elapsed),
  };
  return { ending, told };
}

async function answerWhole(context: DaemonContext, asked: Asked): Promise<Reply> {
  const stdout = new Output(context.outputLimitBytes);
  const stderr = new Output(context.outputLimitBytes);
  const { ending, told } = await run(context, asked, { stdout, stderr });
  const notes = stdout.truncationNote('stdout') + stderr.truncationNote('stderr');
  const words = stderr.text() + notes + endingText(ending, asked.timeoutNs);
  return json(200, { stdout: stdout.text(), stderr: words, ...told });
}

const LINES = 'application/x-ndjson';

function answerLines(context: DaemonContext, asked: Asked): Reply {
  const live = new LiveOutput();
  void run(context, asked, live.takers).then(
    ({ ending, told }) => live.end(endingText(ending, asked.timeoutNs), told),
    (fault: unknown) => live.fail(fault),
  );
  return {
    status: 200,
    headers: { 'Content-Type': LINES, 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' },
    body: { chunks: () => live.lines },
    verbatim: true,
  };
}

const acceptsLines = (accept: string | undefined): boolean =>
  accept !== undefined && accept.toLowerCase().includes(LINES);

/** Handles the body of POST /api/execute. @param accept the request's header. */
export async function execute(
  context: DaemonContext,
  body: Buffer,
  accept: string | undefined,
): Promise<Reply> {
  const bound = bindJson(REQUEST, body);
  if (!bound.ok) return failure(400, bound.error);
  const { command = [], timeout, working_dir: requested, env } = bound.value;
  const [name, ...args] = command;
  if (name === undefined) return failure(400, 'command cannot be empty');
  const parsed =
    timeout === undefined || timeout === ''
      ? { ok: true as const, ns: DEFAULT_TIMEOUT_NS }
      : parseDuration(timeout);
  if (!parsed.ok) return failure(400, `Invalid timeout format: ${parsed.error}`);
  const place = workingDirectory(context, requested);
  if (!place.ok) return place.reply;
  const asked = { argv: [name, ...args] as const, cwd: place.cwd, env, timeoutNs: parsed.ns };
  return acceptsLines(accept) ? answerLines(context, asked) : answerWhole(context, asked);
}
