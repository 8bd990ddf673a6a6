// The doors of one running sandbox: path, address and connections. A door that cannot be read says why.
import type { Clock } from '../model/clock.ts';
import type { Session } from '../model/session.ts';
import { parseEndpoint, type Address } from './core/endpoint.ts';
import { UpstreamPool } from './upstream/pool.ts';

export type Door = OpenDoor | { readonly path: string; readonly endpoint: string; readonly problem: string };

export class OpenDoor {
  readonly path: string;
  readonly address: Address;
  readonly pool: UpstreamPool;
  #token = '';
  #fixed = '';

  constructor(path: string, address: Address, clock: Clock) {
    this.path = path;
    this.address = address;
    this.pool = new UpstreamPool(address, clock);
  }

  /** The fields that every request through this door has; made once for each token. */
  fixedFields(token: string): string {
    if (token !== this.#token) {
      this.#token = token;
      this.#fixed = `host: ${this.address.host}\r\nauthorization: Bearer ${token}\r\n`;
    }
    return this.#fixed;
  }
}

/** In the order of the runtime's ports. */
export function doorsOf({ state }: Session, clock: Clock): Door[] {
  if (state.kind !== 'running') return [];
  return state.sandbox.entryPoints.map((entry) => {
    const parsed = parseEndpoint(entry);
    return 'problem' in parsed
      ? { path: entry.path, endpoint: entry.endpoint, problem: parsed.problem }
      : new OpenDoor(entry.path, parsed.address, clock);
  });
}
