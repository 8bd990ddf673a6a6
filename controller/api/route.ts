// What a route of the control API is. The routes are one list: the server, /openapi.json and the redirects are made from it.
import type { Request, Response } from 'express';
import type { z } from 'zod';
import { PlatformError } from '../../model/errors.ts';
import type { BodyName } from './schemas.ts';

export interface Answer {
  readonly description: string;
  readonly schema?: BodyName;
  /** JSON when absent. */
  readonly type?: string;
}

export interface RouteDoc {
  readonly summary: string;
  readonly tag: 'AgentCube' | 'Sessions' | 'Pools' | 'Runtimes' | 'Events' | 'About';
  readonly query?: z.ZodObject;
  readonly body?: { readonly schema: BodyName; readonly types: readonly string[] };
  readonly answers: Readonly<Record<number, Answer>>;
}

export interface Route {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** As in OpenAPI: `/v1/sessions/{id}`. */
  readonly path: string;
  readonly doc: RouteDoc;
  /** Throws or rejects with what api/errors.ts writes. */
  readonly handle: (request: Request, response: Response) => Promise<void> | void;
}

/** The path as Express has it: `/v1/sessions/:id`. */
export const expressPath = (path: string): string => path.replace(/\{(\w+)\}/g, ':$1');

/** A parameter of the path; the router has seen to it that it is there. */
export const param = (request: Request, name: string): string => String(request.params[name]);

/** The body as text; '' when there is none. */
export const textOf = (request: Request): string => (typeof request.body === 'string' ? request.body : '');

/** The query as the schema has it. Throws INVALID_REQUEST that names each parameter and what is wrong with it. */
export function readQuery<S extends z.ZodObject>(schema: S, given: unknown): z.infer<S> {
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => [...path, message].map(String).join(': '));
  throw new PlatformError('INVALID_REQUEST', `query: ${problems.join('; ')}`);
}

const escaped = (text: string): string => text.replace(/[.*+?^$()|[\]\\]/g, '\\$&');

/** Whether a raw path (still encoded) is one of the route's. */
export function matches({ path }: Route, rawPath: string): boolean {
  const pattern = escaped(path).replace(/\{\w+\}/g, '[^/]+');
  return new RegExp(`^${pattern}$`).test(rawPath);
}
