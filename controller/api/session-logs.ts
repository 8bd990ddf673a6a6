// What the sandbox of a session printed, as text: the last of it, and with `follow` what comes. Whoever may look at a session may look
// at its output. Does not own the output, nor who keeps it (a driver's).
import { once } from 'node:events';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { PlatformError } from '../../model/errors.ts';
import type { Session } from '../../model/session.ts';
import type { SessionReads } from '../../model/session-store.ts';
import type { Logs } from '../driver.ts';
import { sandboxes, sandboxClaims, type Access } from './authentication.ts';
import { param, readQuery, type Route } from './route.ts';

export interface SessionLogsDeps {
  readonly store: Pick<SessionReads, 'get'>;
  /** Without `logs` there is no route: on a cluster the API server is asked for the pod's log. */
  readonly driver: Partial<Logs>;
  /** Where callers have to say who they are. */
  readonly access?: Access;
}

const any = [sandboxes, sandboxClaims];

const logsQuery = z.strictObject({
  follow: z.enum(['1', 'true', '0', 'false']).optional().describe('1: go on with what comes'),
  lines: z.coerce
    .number()
    .int()
    .min(0)
    .max(1_000_000)
    .optional()
    .describe('so many of the last lines; all that is kept when absent'),
});

/** The sandbox that it has, or had; throws SESSION_ENDED or SESSION_STATE where there is none. */
function sandboxOf({ id, state }: Session): string {
  if ('sandbox' in state && state.sandbox) return state.sandbox.id;
  if ('files' in state && state.files) return state.files.id;
  const details = { sessionId: id };
  if (state.kind === 'ended' || state.kind === 'ending')
    throw new PlatformError('SESSION_ENDED', `session ${id} has ended, and its output went with it`, details);
  throw new PlatformError('SESSION_STATE', `session ${id} has no sandbox yet`, {
    ...details,
    reason: state.kind,
  });
}

async function send(chunks: AsyncIterable<Uint8Array>, response: Response): Promise<void> {
  for await (const chunk of chunks) {
    if (response.destroyed) return;
    if (!response.write(chunk)) await Promise.race([once(response, 'drain'), once(response, 'close')]);
  }
  response.end();
}

async function show(
  { store, driver, access }: SessionLogsDeps,
  request: Request,
  response: Response,
): Promise<void> {
  const { follow, lines } = readQuery(logsQuery, request.query);
  const id = param(request, 'sessionId');
  const record = await store.get(id);
  if (!record) throw new PlatformError('SESSION_NOT_FOUND', `session ${id} not found`, { sessionId: id });
  await access?.authorize(request, { verb: 'get', namespace: record.session.runtime.namespace, any });
  const sandbox = sandboxOf(record.session);
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const wanted = {
    follow: follow === '1' || follow === 'true',
    signal: gone.signal,
    ...(lines !== undefined && { lines }),
  };
  response.writeHead(200, {
    'Content-Type': 'text/plain; charset=utf-8',
    'Cache-Control': 'no-store',
    'X-Accel-Buffering': 'no',
  });
  response.flushHeaders();
  await send(driver.logs?.(sandbox, wanted) ?? none(), response);
}

async function* none(): AsyncGenerator<Uint8Array> {
  yield* [];
}

/** None where output is kept elsewhere. */
export const sessionLogRoutes = (deps: SessionLogsDeps): Route[] =>
  deps.driver.logs === undefined
    ? []
    : [
        {
          method: 'get',
          path: '/v1/sessions/{sessionId}/logs',
          doc: {
            summary: 'What the sandbox of a session printed, on both of its streams',
            tag: 'Sessions',
            query: logsQuery,
            answers: {
              200: { description: 'Text, as it was printed.', schema: 'Text', type: 'text/plain' },
              404: { description: 'The session is unknown, or has ended.', schema: 'TypedError' },
              409: { description: 'It has no sandbox yet.', schema: 'TypedError' },
            },
          },
          handle: (request, response) => show(deps, request, response),
        },
      ];
