// AgentCube's environment variables (router, workload manager, store) and what they mean here.
// Empty ones count as not set, as its Helm chart writes them.
import { understand, type ForeignNames, type Meaning, type Understood } from './foreign.ts';
import { envOf } from './names.ts';
import { redisFields } from './redis.ts';

type Env = Readonly<Record<string, string | undefined>>;
type Found = { readonly from: string; readonly meaning: Meaning };

const setting = (name: string, value: unknown): Meaning => ({ kind: 'setting', name, value });
const noEffect = (why: string): Meaning => ({ kind: 'no-effect', why });
const isTrue = (text: string): boolean => ['true', '1', 't'].includes(text.toLowerCase());

/** AgentCube's client of Valkey finds out by itself whether several addresses are a Cluster. */
function addresses(from: string, addr: string, single: boolean): Found[] {
  const [first = ''] = addr.split(',');
  if (!addr.includes(',') || single) return [{ from, meaning: setting('redisAddr', first.trim()) }];
  return [
    { from, meaning: setting('redisAddr', addr) },
    { from, meaning: setting('redisMode', 'cluster') },
  ];
}

type Kind = 'REDIS' | 'VALKEY';

/** What both kinds have; Valkey speaks the protocol of Redis. */
function shared(kind: Kind, name: string, value: string, env: Env): Found[] {
  const from = `${kind}_${name}`;
  switch (name) {
    case 'ADDR':
      if (kind === 'REDIS') return [{ from, meaning: setting('redisAddr', value) }];
      return addresses(from, value, isTrue(env.VALKEY_FORCE_SINGLE ?? ''));
    case 'PASSWORD':
      return [{ from, meaning: setting('redisPassword', value) }];
    case 'PASSWORD_REQUIRED':
      return [{ from, meaning: setting('redisPasswordRequired', value) }];
    case 'DISABLE_CACHE':
      return [{ from, meaning: noEffect('there is no cache of what the store holds') }];
    default:
      return [];
  }
}

function storeOf(kind: Kind, env: Env): Found[] {
  return storeNames.flatMap((name) => {
    const value = env[`${kind}_${name}`] ?? '';
    return value === '' ? [] : shared(kind, name, value, env);
  });
}

/** Settings of ours under a shorter name: REDIS_DB is AGENTCUBE_REDIS_DB. */
function shortNames(env: Env): Found[] {
  const names = Object.keys(redisFields).map((name) => ({
    name,
    from: envOf(name).replace('AGENTCUBE_', ''),
  }));
  return names
    .filter(({ from }) => !storeNames.includes(from.replace('REDIS_', '')) && (env[from] ?? '') !== '')
    .map(({ name, from }) => ({ from, meaning: setting(name, env[from]) }));
}

const storeNames = ['ADDR', 'PASSWORD', 'PASSWORD_REQUIRED', 'DISABLE_CACHE', 'FORCE_SINGLE'];

function unread(kind: Kind, env: Env, type: string): Found[] {
  const names = storeNames.map((name) => `${kind}_${name}`).filter((name) => (env[name] ?? '') !== '');
  return names.map((from) => ({ from, meaning: noEffect(`is not read while STORE_TYPE is ${type}`) }));
}

function storeEnv(env: Env): Found[] {
  const type = (env.STORE_TYPE ?? '').toLowerCase();
  const short = shortNames(env);
  if (type === '' || type === 'redis')
    return [...short, ...storeOf('REDIS', env), ...unread('VALKEY', env, 'redis')];
  if (type === 'valkey') return [...short, ...storeOf('VALKEY', env), ...unread('REDIS', env, 'valkey')];
  return [{ from: 'STORE_TYPE', meaning: { kind: 'refused', why: 'redis or valkey is expected' } }];
}

const withoutEffect: Readonly<Record<string, string>> = {
  WORKLOAD_MANAGER_URL: 'activator and controller meet in Redis, not over HTTP',
  AGENTCUBE_SPIFFE_TRUST_DOMAIN: 'no SPIFFE identities are looked at here',
};

/** Of the router and the workload manager. */
export function agentcubeEnv(env: Env): Understood {
  const idle = Object.entries(withoutEffect).filter(([name]) => (env[name] ?? '') !== '');
  return understand([...storeEnv(env), ...idle.map(([from, why]) => ({ from, meaning: noEffect(why) }))]);
}

export const agentcubeEnvNames: readonly string[] = [
  'STORE_TYPE',
  ...storeNames.slice(0, 3).map((name) => `REDIS_${name}`),
  ...storeNames.map((name) => `VALKEY_${name}`),
  ...Object.keys(withoutEffect),
  // A setting of ours by the same name.
  'AGENTCUBE_NAMESPACE',
];

/** For a program that AgentCube has not, but which shares the store. */
export const storeOnly: ForeignNames['env'] = (env) => understand(storeEnv(env));
