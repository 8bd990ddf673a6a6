// What a server answered instead of what was asked, as an error with an exit code. Understands the platform's typed errors,
// Kubernetes' Status, AgentCube's {"message"}, and plain text. Does not own the texts.
import { CliError, type Ending } from '../failure.ts';

interface Told {
  readonly error?: unknown;
  readonly message?: unknown;
  readonly code?: unknown;
  readonly reason?: unknown;
  readonly details?: { readonly causes?: readonly { readonly message?: string; readonly field?: string }[] };
}

const endings: Readonly<Record<number, Ending>> = {
  404: 'notFound',
  408: 'timedOut',
  409: 'conflict',
  504: 'timedOut',
};

const hints: Readonly<Record<string, string>> = {
  RUNTIME_NOT_FOUND: 'agentcube get agentruntimes,codeinterpreters lists what is deployed',
  SESSION_NOT_FOUND: 'agentcube sessions ls lists those that there are',
  SESSION_ENDED: 'leave --session away, or add --new: a new one is opened',
  TRIGGER_NOT_FOUND: 'agentcube get triggers lists what is deployed',
  DEAD_LETTER_NOT_FOUND: 'agentcube events dead-letters ls lists those that there are',
  SESSION_STATE: 'agentcube sessions show says what it does; try again when that is done',
  UNKNOWN_IMAGE: 'agentcube build FOLDER makes an image of a folder; images.yaml says what names mean',
  SANDBOX_START_FAILED: 'agentcube logs shows what it printed',
  SANDBOX_CRASHED: 'agentcube logs shows what it printed; the next call starts it again with its files',
  SERVER_OVERLOADED: 'try again shortly',
  QUEUE_FULL: 'try again shortly',
  STORE_UNAVAILABLE: 'try again shortly; agentcube doctor says what is wrong',
  SHUTTING_DOWN: 'try again when it is up',
  UNAUTHORIZED: 'give a token with AGENTCUBE_API_TOKEN, or choose a context with --context',
};

const text = (value: unknown): string => (typeof value === 'string' ? value.trim() : '');

function parsed(body: string): Told | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The server's own sentence, with its reason behind it; undefined where it said nothing that a person would want. */
function sentence(told: Told | undefined, body: string): string | undefined {
  const said = told === undefined ? body.trim() : text(told.error) || text(told.message);
  if (said === '' || /^\s*</.test(said) || said.length > 2_000) return undefined;
  const reason = text(told?.reason);
  const typed = text(told?.error) !== '';
  return typed && reason !== '' && !said.includes(reason) ? `${said}: ${reason}` : said;
}

/** `status` and `body` as answered; `what` was asked, for answers that say nothing. */
export function refusal(status: number, body: string, what: string): CliError {
  const told = parsed(body);
  const code = text(told?.code);
  const routeless = told === undefined && status === 404 && /page not found/.test(body);
  if (routeless)
    return new CliError(
      'refused',
      `${what}: there is nothing of that kind at this address`,
      'check --control-url, --router-url and the context; agentcube doctor shows them',
    );
  const said = sentence(told, body) ?? `${what}: answered ${status}`;
  const hint = hints[code] ?? (status === 401 ? hints['UNAUTHORIZED'] : undefined);
  return new CliError(endings[status] ?? 'refused', said, hint);
}
