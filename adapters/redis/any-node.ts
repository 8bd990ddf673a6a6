// A plain connection to some node of a Cluster: messages published on one node reach all. Each attempt tries the next node,
// so that a dead one is not insisted on. Does not own when to try again (ioredis does).
import { connect as connectPlain } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { AbstractConnector, type RedisOptions } from 'ioredis';
import type { Address } from './settings.ts';

type Connector = NonNullable<RedisOptions['Connector']>;

/** `nodes` answers where the Cluster's nodes are, as far as is known now. */
export function anyNode(
  nodes: () => readonly Address[],
  { tls, disconnectTimeout }: RedisOptions,
): Connector {
  let turn = 0;
  return class extends AbstractConnector {
    constructor() {
      super(disconnectTimeout ?? 0);
    }

    async connect() {
      this.connecting = true;
      const known = nodes();
      const node = known[turn++ % known.length];
      if (!node) throw new Error('None of startup nodes is available');
      const { host, port } = node;
      this.stream = tls ? connectTls({ ...tls, host, port }) : connectPlain({ host, port });
      this.stream.once('error', (fault: Error) => (this.firstError = fault));
      return this.stream;
    }
  };
}
