// The one place where errors of the control port become answers. Three families speak three dialects: AgentCube's routes
// `{"message"}`, Kubernetes' `Status`, and our own the typed error. A fault's text stays in the log.
import type { Request, Response } from 'express';
import { asPlatformError, errorBody, PlatformError, statusOf, type ErrorCode } from '../../model/errors.ts';
import { failureStatus, type Subject } from '../core/kube-status.ts';
import { KubeRefusal } from './kube-refusal.ts';

export type Log = (message: string, fields: Readonly<Record<string, unknown>>) => void;

/** Says for the answer's error what runtime a Kubernetes request is about. */
export const about = (response: Response, subject: Subject): void =>
  void (response.locals['subject'] = subject);

const internal = 'internal server error';

/** Passes by itself, so the client is told when to ask again; AgentCube would answer 500. */
const passing: ReadonlySet<ErrorCode> = new Set([
  'STORE_UNAVAILABLE',
  'CLUSTER_UNAVAILABLE',
  'NODE_UNREACHABLE',
  'NOT_LEADER',
  'SHUTTING_DOWN',
]);
const askAgainMs = 1_000;

/** Texts are part of AgentCube 0.1's contract; whatever has none is `internal server error`. */
function agentcubeError(error: PlatformError): { status: number; message: string } {
  const { sessionId = '' } = error.details;
  if (error.code === 'SESSION_NOT_FOUND' || error.code === 'SESSION_ENDED') {
    return { status: 404, message: `Session ID ${sessionId} not found, maybe already deleted` };
  }
  if (error.code === 'SANDBOX_START_TIMEOUT') return { status: 504, message: 'sandbox creation timed out' };
  const status = statusOf(error.code);
  if (status < 500) return { status, message: error.message };
  return { status: passing.has(error.code) ? status : 500, message: internal };
}

function writeAgentcube(response: Response, error: PlatformError): void {
  const { status, message } = agentcubeError(error);
  const { error: _, problems: __, ...more } = errorBody(error);
  response.status(status).json({ message, ...more });
}

const writeKubernetes = (response: Response, error: PlatformError): void => {
  const body = failureStatus(error, response.locals['subject'] as Subject | undefined);
  response.status(statusOf(error.code)).json(body);
};

const writeTyped = (response: Response, error: PlatformError): void =>
  void response.status(statusOf(error.code)).json(errorBody(error));

function writerFor(path: string): typeof writeTyped {
  if (/^\/apis?(\/|$)/.test(path)) return writeKubernetes;
  return /^\/v1\/(sessions|pools|namespaces)(\/|$)/.test(path) ? writeTyped : writeAgentcube;
}

const codesOfLibraries: Readonly<Record<number, ErrorCode>> = {
  413: 'BODY_TOO_LARGE',
  415: 'UNSUPPORTED_MEDIA_TYPE',
};

/** Express and its body reader throw errors with a 4xx status for requests that are not to be understood. */
function fromLibrary(thrown: unknown): PlatformError | undefined {
  if (!(thrown instanceof Error) || !('status' in thrown)) return undefined;
  const { status } = thrown;
  if (typeof status !== 'number' || status < 400 || status > 499) return undefined;
  return new PlatformError(codesOfLibraries[status] ?? 'INVALID_REQUEST', thrown.message);
}

/** Answers with what was thrown, in the dialect of the request's path. */
export function writeError(thrown: unknown, request: Request, response: Response, log: Log): void {
  if (thrown instanceof KubeRefusal && !response.headersSent)
    return void response.status(thrown.status.code ?? 500).json(thrown.status);
  const error = fromLibrary(thrown) ?? asPlatformError(thrown);
  if (error.code === 'INTERNAL') {
    log('a request of the control API failed', { method: request.method, path: request.path, fault: thrown });
  }
  if (response.headersSent) return void response.destroy();
  const { retryAfterMs = passing.has(error.code) ? askAgainMs : undefined } = error.details;
  if (retryAfterMs !== undefined) response.setHeader('Retry-After', String(Math.ceil(retryAfterMs / 1000)));
  writerFor(request.path)(response, error);
}
