// Owns: POST /api/execute: PicoD 0.1's request, defaults, refusals and answer. Does not own: running (run-command.ts).
// 200 whenever the command was attempted, whatever became of it.
import type { DaemonContext } from './daemon-context.ts';
import { formatWhole, parseDuration } from './duration.ts';
import { JailEscape, makeDirectory } from './file-write.ts';
import { bindJson } from './go-bind.ts';
import type { Shape } from './go-bind.ts';
import { errorCode, goPathError } from './go-errors.ts';
import { resolveInJail } from './jail.ts';
import type { Reply } from './reply.ts';
import { failure, json } from './reply.ts';
import { runCommand } from './run-command.ts';
import type { Ending, Finished } from './run-command.ts';
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

function stderrText(finished: Finished, timeoutNs: number): string {
  const { ending, stderr } = finished;
  if (ending.kind === 'not-started') return stderr + ending.reason;
  if (ending.kind !== 'timed-out') return stderr;
  return `${stderr}Command timed out after ${formatWhole(timeoutNs / 1e9)} seconds`;
}

const expiredAtOnce: Finished = { ending: { kind: 'timed-out' }, stdout: '', stderr: '' };

interface Asked {
  readonly argv: readonly [string, ...string[]];
  readonly cwd: string;
  readonly env: Record<string, string> | undefined;
  readonly timeoutNs: number;
}

/** A timeout of zero or less has passed before anything could start. */
async function attempt(context: DaemonContext, asked: Asked): Promise<Finished> {
  if (asked.timeoutNs <= 0) return expiredAtOnce;
  const { commandEnvironment, outputLimitBytes } = context;
  return runCommand(
    {
      argv: asked.argv,
      cwd: asked.cwd,
      env: { ...commandEnvironment, ...asked.env },
      searchPath: commandEnvironment['PATH'] ?? '',
      timeoutMs: asked.timeoutNs / 1e6,
      outputLimitBytes,
    },
    context.beginWork(),
  );
}

async function run(context: DaemonContext, asked: Asked): Promise<Reply> {
  const startedAt = context.wallNs();
  const started = context.monotonicNs();
  const finished = await attempt(context, asked);
  const elapsed = context.monotonicNs() - started;
  return json(200, {
    stdout: finished.stdout,
    stderr: stderrText(finished, asked.timeoutNs),
    exit_code: exitCode(finished.ending),
    duration: Number(elapsed) / 1e9,
    start_time: formatTimestamp(startedAt),
    end_time: formatTimestamp(startedAt + elapsed),
  });
}

/** Handles the body of POST /api/execute. */
export async function execute(context: DaemonContext, body: Buffer): Promise<Reply> {
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
  return run(context, { argv: [name, ...args], cwd: place.cwd, env, timeoutNs: parsed.ns });
}
