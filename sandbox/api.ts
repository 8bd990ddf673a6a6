// Owns: everything below /api: who may use it and which handler answers. Does not own: /health, unknown paths, the body limit (daemon.ts).
import type { IncomingMessage } from 'node:http';
import type { DaemonContext } from './daemon-context.ts';
import { downloadFile } from './download.ts';
import { execute } from './execute.ts';
import { listFiles } from './list.ts';
import type { Reply } from './reply.ts';
import { failure } from './reply.ts';
import { BodyTooLarge, readBody } from './request-body.ts';
import type { ApiCall } from './routes.ts';
import { uploadFile } from './upload.ts';

async function dispatch(context: DaemonContext, call: ApiCall, request: IncomingMessage): Promise<Reply> {
  switch (call.kind) {
    case 'execute':
      return execute(context, await readBody(request), request.headers.accept);
    case 'upload':
      return uploadFile(context, request);
    case 'list':
      return listFiles(context.workspace, call.path);
    case 'download':
      return downloadFile(context.workspace, call.path, request);
  }
}

/** Answers one request of a known route. Throws only what is a bug, or the socket's error when the client broke off. */
export async function answerApi(
  context: DaemonContext,
  call: ApiCall,
  request: IncomingMessage,
): Promise<Reply> {
  const authorize = await context.authorize?.();
  const refusal = authorize?.(request.headers.authorization);
  if (refusal !== undefined) return refusal;
  try {
    return await dispatch(context, call, request);
  } catch (error) {
    if (error instanceof BodyTooLarge) return failure(400, error.message);
    throw error;
  }
}
