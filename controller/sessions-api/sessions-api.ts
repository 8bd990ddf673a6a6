// Sessions as a resource of the cluster's API server (`kubectl get sessions`), served behind it as an aggregated API: the store of
// sessions stays the only place where they are, so that nothing is mirrored, nothing lags, and etcd is not written.
// Does not own sockets and who may ask (server.ts), nor any decision. S4: an end's reason is told for as long as it is remembered.
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import type { Clock } from '../../model/clock.ts';
import { asPlatformError, PlatformError } from '../../model/errors.ts';
import type { SessionFeed } from '../../model/platform.ts';
import type { SessionRecord, SessionStore } from '../../model/session-store.ts';
import { ChangeLog } from './change-log.ts';
import { wantedForm } from './core/accept.ts';
import { aggregated, aggregatedType, discovery, wantsAggregated } from './core/discovery.ts';
import { openapi } from './core/openapi.ts';
import { sessionsApiVersion, sessionsPlural } from './core/schema.ts';
import { selects, statesOf, type Selection } from './core/selection.ts';
import { reasonOf } from './core/session-object.ts';
import {
  expired,
  methodNotAllowed,
  noSuchPath,
  notAcceptable,
  notFound,
  ofError,
  otherObject,
} from './status.ts';
import { many, one, type Presentation, type Reading } from './core/table.ts';
import {
  asksToWatch,
  isDryRun,
  pageOf,
  presentationOf,
  selectionOf,
  tokenOf,
  watchOrderOf,
  watchStartOf,
  type PageStart,
} from './list-options.ts';
import { Watch } from './watch.ts';

export interface SessionsApiDeps {
  readonly store: Pick<SessionStore, 'get' | 'list'>;
  readonly feed: SessionFeed;
  /** Ends a session; answers it as it is then, or undefined when there is none. */
  readonly end: (id: string) => Promise<SessionRecord | undefined>;
  readonly clock: Clock;
  /** 0…999, drawn once: tells this program's resource versions from those of others. */
  readonly salt: number;
  readonly log: (message: string, fields: Readonly<Record<string, unknown>>) => void;
}

const paths = {
  everywhere: `/apis/${sessionsApiVersion}/${sessionsPlural}`,
  inNamespace: `/apis/${sessionsApiVersion}/namespaces/:namespace/${sessionsPlural}`,
  named: `/apis/${sessionsApiVersion}/namespaces/:namespace/${sessionsPlural}/:name`,
} as const;

/** How many are read at once where all are wanted. */
const piece = 1_000;

const shownOf = ({ session, lastActivityAt, leasedUntil }: SessionRecord) => ({
  session,
  use: { lastActivityAt, leasedUntil },
});

/** A `Status` that is answered instead of what was asked for. */
class Refused extends Error {
  readonly status: ReturnType<typeof notAcceptable>;

  constructor(status: ReturnType<typeof notAcceptable>) {
    super(status.message);
    this.status = status;
  }
}

interface DeleteBody {
  readonly dryRun?: readonly string[];
  readonly preconditions?: { readonly uid?: string };
}

export class SessionsApi {
  readonly #deps: SessionsApiDeps;
  readonly #changes: ChangeLog;

  constructor(deps: SessionsApiDeps) {
    this.#deps = deps;
    this.#changes = new ChangeLog(deps);
  }

  stop(): void {
    this.#changes.stop();
  }

  /** The handler of requests that came through the cluster's API server. */
  handler(): Express {
    const app = express();
    app.disable('x-powered-by').disable('etag').set('query parser', 'simple');
    app.use(express.json({ type: () => true, limit: '1mb' }));
    this.#documents(app);
    for (const path of [paths.everywhere, paths.inNamespace]) {
      app.get(path, (request, response) => this.#collection(request, response));
    }
    app.delete(paths.inNamespace, (request, response) => this.#endMany(request, response));
    app.get(paths.named, (request, response) => this.#show(request, response));
    app.delete(paths.named, (request, response) => this.#end(request, response));
    for (const path of Object.values(paths)) {
      app.all(path, ({ method }) => {
        throw new Refused(methodNotAllowed(method));
      });
    }
    app.use(() => {
      throw new Refused(noSuchPath());
    });
    app.use((thrown: unknown, request: Request, response: Response, _next: NextFunction) =>
      this.#fail(thrown, request, response),
    );
    return app;
  }

  #documents(app: Express): void {
    app.get('/apis', (request, response) => {
      if (!wantsAggregated(request.headers.accept)) return void response.json(discovery['/apis']);
      response.setHeader('Content-Type', aggregatedType).end(JSON.stringify(aggregated));
    });
    for (const [path, document] of Object.entries({ ...discovery, ...openapi })) {
      app.get(path, (_, response) => void response.json(document));
    }
  }

  #fail(thrown: unknown, { method, path }: Request, response: Response): void {
    if (response.headersSent) return void response.destroy();
    const status = thrown instanceof Refused ? thrown.status : ofError(understood(thrown));
    if (status.code === 500)
      this.#deps.log('a request of the sessions API failed', { method, path, fault: thrown });
    response.status(status.code ?? 500).json(status);
  }

  #presentation(request: Request): Presentation {
    const form = wantedForm(request.headers.accept);
    if (!form) throw new Refused(notAcceptable());
    return presentationOf(request, form);
  }

  #reading(resourceVersion = this.#changes.version): Reading {
    return { now: this.#deps.clock.now(), resourceVersion };
  }

  async #collection(request: Request, response: Response): Promise<void> {
    const selection = selectionOf(request, namespaceOf(request));
    const presentation = this.#presentation(request);
    if (asksToWatch(request)) return this.#watch(request, response, selection, presentation);
    const { limit, start } = pageOf(request);
    // What changes while it is being read is told again to whoever goes on from here.
    const version = start?.version ?? this.#changes.version;
    const found = await this.#select(selection, limit, start);
    const { sessions, next } =
      limit === undefined ? { sessions: found, next: undefined } : page(found, limit);
    const token = next === undefined ? undefined : tokenOf({ after: next, version });
    response.json(many(sessions.map(shownOf), this.#reading(version), presentation, token));
  }

  /** All that are selected, in order of id; one more than `limit` tells that there are more. */
  async #select(selection: Selection, limit?: number, start?: PageStart): Promise<SessionRecord[]> {
    const { namespace } = selection;
    const query = {
      ...(namespace !== undefined && { namespace }),
      states: statesOf(selection),
      limit: piece,
    };
    const wanted = limit === undefined ? Infinity : limit + 1;
    const found: SessionRecord[] = [];
    for (let after = start?.after; found.length < wanted;) {
      const read = await this.#deps.store.list({ ...query, ...(after !== undefined && { after }) });
      found.push(...read.filter(({ session }) => selects(selection, session)));
      if (read.length < piece) break;
      after = read.at(-1)?.session.id;
    }
    return found;
  }

  async #watch(
    request: Request,
    response: Response,
    selection: Selection,
    presentation: Presentation,
  ): Promise<void> {
    if (statesOf(selection).includes('ended'))
      throw new PlatformError('INVALID_REQUEST', 'sessions that ended cannot be watched, only listed');
    const { all, sayWhenAll, version } = watchStartOf(request);
    const order = watchOrderOf(request, selection, presentation, Math.random());
    const from = all ? this.#changes.version : version;
    if (!all && !this.#changes.since(from)) throw new Refused(expired(`too old resource version: ${from}`));
    const records = all ? await this.#select(selection) : [];
    const { clock } = this.#deps;
    response.setHeader('Content-Type', 'application/json').flushHeaders();
    const watch = new Watch({ log: this.#changes, clock, out: response }, order);
    if (all) watch.tellAll(records, from, sayWhenAll);
    if (!watch.follow(from)) watch.fail();
  }

  /** The session by the name in the path. Refused when there is none, or it has ended. */
  async #named(request: Request): Promise<SessionRecord> {
    const name = String(request.params['name']);
    const record = await this.#deps.store.get(name);
    if (!record || record.session.runtime.namespace !== namespaceOf(request))
      throw new Refused(notFound(name));
    const { session } = record;
    if (session.state.kind === 'ended') throw new Refused(notFound(name, reasonOf(session)));
    return record;
  }

  async #show(request: Request, response: Response): Promise<void> {
    const presentation = this.#presentation(request);
    const reading = this.#reading();
    response.json(one(shownOf(await this.#named(request)), reading, presentation));
  }

  async #end(request: Request, response: Response): Promise<void> {
    const presentation = this.#presentation(request);
    const record = await this.#named(request);
    const { id } = record.session;
    const { preconditions } = bodyOf(request);
    if (preconditions?.uid !== undefined && preconditions.uid !== id) throw new Refused(otherObject(id));
    const ended = dry(request) ? record : ((await this.#deps.end(id)) ?? record);
    response.json(one(shownOf(ended), this.#reading(), presentation));
  }

  async #endMany(request: Request, response: Response): Promise<void> {
    const presentation = this.#presentation(request);
    const selection = selectionOf(request, namespaceOf(request));
    if (statesOf(selection).includes('ended'))
      throw new PlatformError('INVALID_REQUEST', 'what has ended is forgotten by itself after an hour');
    const found = await this.#select(selection);
    if (!dry(request)) for (const { session } of found) await this.#deps.end(session.id);
    response.json(many(found.map(shownOf), this.#reading(), presentation));
  }
}

const namespaceOf = (request: Request): string | undefined => {
  const namespace = request.params['namespace'];
  return typeof namespace === 'string' ? namespace : undefined;
};

const bodyOf = (request: Request): DeleteBody => (request.body ?? {}) as DeleteBody;

const dry = (request: Request): boolean => isDryRun(request) || (bodyOf(request).dryRun?.length ?? 0) > 0;

function page(found: readonly SessionRecord[], limit: number) {
  const sessions = found.slice(0, limit);
  return { sessions, next: found.length > limit ? sessions.at(-1)?.session.id : undefined };
}

/** Express and its body reader throw errors with a 4xx status for what is not to be understood. */
function understood(thrown: unknown): PlatformError {
  const status = thrown instanceof Error && 'status' in thrown ? thrown.status : undefined;
  if (typeof status !== 'number' || status < 400 || status > 499) return asPlatformError(thrown);
  return new PlatformError('INVALID_REQUEST', (thrown as Error).message);
}
