// A control API that only known callers reach. Does not own who they are (authentication.ts) nor what is served.
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import type { Access } from './authentication.ts';
import { writeError, type Log } from './errors.ts';

/** `api` behind the question who asks. */
export function createGuardedApi(api: Express, access: Access, log: Log): Express {
  const app = express();
  app.disable('x-powered-by').disable('etag');
  app.use(access.authenticate);
  app.use(api);
  app.use((thrown: unknown, request: Request, response: Response, _next: NextFunction) =>
    writeError(thrown, request, response, log),
  );
  return app;
}
