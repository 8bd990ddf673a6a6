// How the cluster's API server shows that it is it, to programs that it passes requests on to: the certificates and names that it
// publishes for that in the cluster. Does not own checking a connection (controller/sessions-api/server.ts).
// Invariant: until they are known, and where the API server passes nothing on, nobody is known.
import type { FrontProxy } from '../../controller/sessions-api/server.ts';
import type { Cancel, Clock } from '../../model/clock.ts';
import type { Cluster } from './client.ts';
import type { Named } from './objects.ts';
import { createReflector, type Reflector } from './reflector.ts';

interface ConfigMap extends Named {
  readonly data?: Readonly<Record<string, string>>;
}

export interface FrontProxyOptions {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly log: (message: string, fields: Readonly<Record<string, unknown>>) => void;
}

const namespace = 'kube-system';
const name = 'extension-apiserver-authentication';
const certificates = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

/** A list of names as JSON; what cannot be read allows nobody. */
function namesIn(text: string | undefined): readonly string[] {
  if (text === undefined || text === '') return [];
  try {
    const names: unknown = JSON.parse(text);
    if (Array.isArray(names) && names.every((one) => typeof one === 'string')) return names;
  } catch {
    // Told below: it is no list of names either way.
  }
  return [''];
}

export class PublishedFrontProxy implements FrontProxy {
  readonly #reflector: Reflector<ConfigMap>;

  constructor({ cluster, clock, log }: FrontProxyOptions) {
    this.#reflector = createReflector<ConfigMap>({
      ...{ cluster, clock, log },
      path: `/api/v1/namespaces/${namespace}/configmaps`,
      fieldSelector: `metadata.name=${name}`,
    });
  }

  /** Resolves when they are known. Rejects with ApiRefusal where they may not be read. */
  start(): Promise<void> {
    return this.#reflector.start();
  }

  stop(): void {
    this.#reflector.stop();
  }

  authorities(): readonly string[] {
    return this.#data()['requestheader-client-ca-file']?.match(certificates) ?? [];
  }

  names(): readonly string[] {
    return namesIn(this.#data()['requestheader-allowed-names']);
  }

  onChange(listener: () => void): Cancel {
    return this.#reflector.onChange(() => listener());
  }

  #data(): Readonly<Record<string, string>> {
    return this.#reflector.get(namespace, name)?.data ?? {};
  }
}
