// Who asks, and what they may: callers show the token of a Kubernetes service account, as AgentCube 0.1 has it with --enable-auth,
// and must have the right to create or delete sandboxes themselves, in whose name AgentCube would do it.
// Statuses, texts and their order are that contract. Does not own how a cluster is asked (a port), nor what a route does.
// Invariant: a token is remembered by its hash only, and no longer than AgentCube does; an outage is never remembered.
import { createHash } from 'node:crypto';
import type { NextFunction, Request, Response } from 'express';
import type { Clock } from '../../model/clock.ts';
import { PlatformError } from '../../model/errors.ts';
import { Remembered } from './remembered.ts';

/** A caller as the cluster knows it. */
export interface Caller {
  readonly username: string;
  readonly uid?: string;
  readonly groups?: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

export interface Resource {
  readonly group: string;
  readonly resource: string;
}

export type Verb = 'create' | 'delete' | 'get' | 'list' | 'update';

export interface Right extends Resource {
  readonly verb: Verb;
  /** Empty for all of them. */
  readonly namespace: string;
}

/** What is asked of the cluster. Each rejects with CLUSTER_UNAVAILABLE. */
export interface CallerReviews {
  /** Undefined when the token is none of this cluster's, or not any more. */
  callerOf(token: string): Promise<Caller | undefined>;
  may(caller: Caller, right: Right): Promise<boolean>;
}

export const sandboxes: Resource = { group: 'agents.x-k8s.io', resource: 'sandboxes' };
export const sandboxClaims: Resource = { group: 'extensions.agents.x-k8s.io', resource: 'sandboxclaims' };

/** Something that may be done by whoever has the right to one of `any`. */
export interface Wish {
  readonly verb: Verb;
  readonly namespace: string;
  readonly any: readonly Resource[];
}

/** AgentCube's cache of tokens. */
const tokensKept = 1_000;
const tokenKeptMs = 300_000;
/** A right that was given is believed for so long; one that was not is asked for again, for it may be given meanwhile. */
const rightKeptMs = 60_000;

const refused = (message: string): PlatformError => new PlatformError('UNAUTHORIZED', message);

const isServiceAccount = (username: string): boolean => /^system:serviceaccount:[^:]+:[^:]+$/.test(username);

/** Health and the description of the API say nothing about anybody. */
const isOpen = (path: string): boolean => !/^\/(v1|apis?)(\/|$)/.test(path);

function tokenOf(header: string | undefined): string {
  if (header === undefined || header === '') throw refused('Missing authorization header');
  const [scheme, token, ...more] = header.split(/\s+/).filter((word) => word !== '');
  if (scheme !== 'Bearer' || token === undefined || more.length > 0)
    throw refused('Invalid authorization header format');
  return token;
}

const hashOf = (token: string): string => createHash('sha256').update(token).digest('base64');
const textOf = ({ verb, group, resource, namespace }: Right): string =>
  `${verb} ${resource}.${group} ${namespace}`;

export interface AccessDeps {
  readonly reviews: CallerReviews;
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly log: (message: string, fields: Readonly<Record<string, unknown>>) => void;
}

export class Access {
  readonly #deps: AccessDeps;
  readonly #callers: Remembered<Caller | undefined>;
  readonly #rights: Remembered<boolean>;
  readonly #asking = new WeakMap<object, Caller>();

  constructor(deps: AccessDeps) {
    this.#deps = deps;
    this.#callers = new Remembered(deps.clock, { capacity: tokensKept, keptMs: () => tokenKeptMs });
    const keptMs = (given: boolean): number => (given ? rightKeptMs : 0);
    this.#rights = new Remembered(deps.clock, { capacity: tokensKept, keptMs });
  }

  /** For Express, before the routes: lets pass who is known, and everybody where nothing is protected. */
  readonly authenticate = (request: Request, _: Response, next: NextFunction): void => {
    if (isOpen(request.path)) return next();
    this.#callerOf(request.headers.authorization).then((caller) => {
      this.#asking.set(request, caller);
      next();
    }, next);
  };

  /** Rejects with FORBIDDEN when the caller has none of the rights, CLUSTER_UNAVAILABLE when that cannot be asked. */
  async authorize(request: Request, { verb, namespace, any }: Wish): Promise<void> {
    const caller = this.#asking.get(request);
    if (!caller) throw refused('unable to extract user credentials');
    for (const resource of any) {
      if (await this.#may(caller, { ...resource, verb, namespace })) return;
    }
    const names = any.map(({ resource, group }) => `${resource}.${group}`).join(' or ');
    const where = namespace === '' ? 'in all namespaces' : `in namespace ${namespace}`;
    throw new PlatformError('FORBIDDEN', `${caller.username} may not ${verb} ${names} ${where}`);
  }

  async #callerOf(header: string | undefined): Promise<Caller> {
    const token = tokenOf(header);
    const { reviews, log } = this.#deps;
    const caller = await this.#callers
      .of(hashOf(token), () => reviews.callerOf(token))
      .catch((fault: unknown) => {
        log('a token could not be checked', { fault });
        throw refused('Token validation failed');
      });
    if (!caller) throw refused('Invalid or expired token');
    if (!isServiceAccount(caller.username)) throw refused('Invalid service account format');
    return caller;
  }

  #may(caller: Caller, right: Right): Promise<boolean> {
    const key = `${caller.username} ${caller.uid ?? ''} ${textOf(right)}`;
    return this.#rights.of(key, () => this.#deps.reviews.may(caller, right));
  }
}
