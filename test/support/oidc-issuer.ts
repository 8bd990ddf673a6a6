// An OpenID Connect issuer of a test's own: discovery and keys over HTTP, and tokens that say whatever the test wants.
// Its keys can be changed under way, and it can be out of reach.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose';

interface Key {
  readonly kid: string;
  readonly alg: string;
  readonly privateKey: CryptoKey;
  readonly jwk: JWK;
}

export class OidcIssuer {
  readonly #server: Server;
  readonly #keys: Key[] = [];
  #made = 0;
  /** How often its keys were asked for. */
  asked = 0;
  /** What discovery says that its name is, when that is not its own. */
  alias: string | undefined;
  away = false;

  private constructor() {
    this.#server = createServer((request, response) => {
      if (this.away) return void response.writeHead(503).end();
      if (request.url === '/keys') this.asked += 1;
      const keys = this.#keys.map(({ kid, alg, jwk }) => ({ ...jwk, kid, alg, use: 'sig' }));
      const about = { issuer: this.alias ?? this.url, jwks_uri: `${this.url}/keys` };
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(request.url === '/keys' ? { keys } : about));
    });
  }

  static async start(): Promise<OidcIssuer> {
    const issuer = new OidcIssuer();
    await new Promise<void>((resolve) => issuer.#server.listen(0, '127.0.0.1', resolve));
    await issuer.rotate();
    return issuer;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Signs by a new key from now on; `keep`: how many older ones stay published. */
  async rotate(alg = 'RS256', keep = 0): Promise<void> {
    const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
    this.#made += 1;
    this.#keys.splice(keep);
    this.#keys.unshift({ kid: `key-${this.#made}`, alg, privateKey, jwk: await exportJWK(publicKey) });
  }

  /** A token of the newest key, with these claims; `exp` and the like are the test's. */
  token(claims: Readonly<Record<string, unknown>>): Promise<string> {
    const [key] = this.#keys;
    if (!key) throw new Error('an issuer without a key');
    return new SignJWT(claims).setProtectedHeader({ alg: key.alg, kid: key.kid }).sign(key.privateKey);
  }

  /** Its newest public key, as anybody can have it. */
  get publicJwk(): JWK {
    return this.#keys[0]?.jwk ?? {};
  }

  stop(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => void this.#server.close(() => resolve()));
  }
}
