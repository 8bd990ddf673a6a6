// What answers on the control port at this moment: the control API while this program leads, else whoever leads, by proxy.
// Does not own the port, health routes, nor who leads.
import type { Agent, RequestListener } from 'node:http';
import { createControlApi, type ControlApiDeps } from './control-api.ts';
import type { Access } from './authentication.ts';
import type { Log } from './errors.ts';
import { createGuardedApi } from './guarded-api.ts';
import { Watches } from './kube-watch.ts';
import type { OwnerTokens } from './owner.ts';
import { createStandbyApi } from './standby.ts';

export interface DoorDeps {
  /** Undefined while nobody else is known to lead. */
  readonly leaderUrl: () => string | undefined;
  /** For reaching a leader that wants to see a certificate. */
  readonly agent?: Agent | undefined;
  /** Where callers have to say who they are: asked by whoever leads. */
  readonly access?: Access | undefined;
  /** What tells whose a session is to be; undefined until the platform's key is known. */
  readonly ownerTokens: () => OwnerTokens | undefined;
  readonly log: Log;
}

export class ControlDoor {
  readonly #deps: DoorDeps;
  readonly #standby: RequestListener;
  #serving: RequestListener;
  #watches: Watches | undefined;

  constructor(deps: DoorDeps) {
    const { leaderUrl, agent, log } = deps;
    this.#deps = deps;
    this.#standby = createStandbyApi({ leaderUrl, log, ...(agent && { agent }) });
    this.#serving = this.#standby;
  }

  readonly handler: RequestListener = (request, response) => this.#serving(request, response);

  /** This program leads. */
  open(deps: ControlApiDeps): void {
    const { access, log } = this.#deps;
    const ownerTokens = this.#deps.ownerTokens();
    this.#watches = new Watches(deps.clock);
    const api = createControlApi({
      ...{ ...deps, watches: this.#watches },
      ...(access && { access }),
      ...(ownerTokens && { ownerTokens }),
    });
    this.#serving = access ? createGuardedApi(api, access, log) : api;
  }

  /** It leads no more. */
  close(): void {
    this.#serving = this.#standby;
    this.#watches?.stop();
    this.#watches = undefined;
  }

  /** How many watches of Kubernetes clients are open. */
  get watches(): number {
    return this.#watches?.count ?? 0;
  }
}
