// The configurations of the separate programs: what is understood, what is refused, and that nothing is silent.
import { describe, expect, test } from '@jest/globals';
import type { z } from 'zod';
import { activatorConfig, activatorConfigSchema } from './activator.ts';
import { autoscalerConfig, autoscalerConfigSchema } from './autoscaler.ts';
import { controllerConfig, controllerConfigSchema } from './controller.ts';
import { loadConfig, settingsHelp, type Beyond, type Loaded } from './load.ts';
import { redisPlace, redisSettings } from './redis.ts';
import { certificateOf } from './serving.ts';

interface Given {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
}

const reader =
  (files: Given['files'] = {}) =>
  (path: string): string => {
    const text = files[path];
    if (text === undefined) throw new Error(`no such file: ${path}`);
    return text;
  };

const loader =
  <S extends z.ZodObject>(schema: S, beyond: Beyond<z.infer<S>>) =>
  ({ args = [], env = {}, files }: Given = {}): Loaded<z.infer<S>> =>
    loadConfig(schema, { args, env, readFile: reader(files) }, beyond);

const activator = loader(activatorConfigSchema, activatorConfig);
const controller = loader(controllerConfigSchema, controllerConfig);
const autoscaler = loader(autoscalerConfigSchema, autoscalerConfig);

function configOf<T>(loaded: Loaded<T>): T {
  if (loaded.kind !== 'config') throw new Error(JSON.stringify(loaded));
  return loaded.config;
}
const problemsOf = (loaded: Loaded<unknown>): readonly string[] =>
  loaded.kind === 'problems' ? loaded.problems : [];
const notesOf = (loaded: Loaded<unknown>): readonly string[] =>
  loaded.kind === 'config' ? loaded.notes : [];

test.each([
  ['activator', activator, { port: 8081, redisAddr: '127.0.0.1:6379', leaseSeconds: 90, drainSeconds: 15 }],
  ['controller', controller, { port: 8080, leadSeconds: 3, isolation: 'auto' }],
  ['autoscaler', autoscaler, { port: 8082, leadSeconds: 3, redisKeyPrefix: 'agentcube' }],
] as const)('%s starts without any setting', (_, load, defaults) => {
  expect(load()).toMatchObject({ kind: 'config', config: defaults, notes: [] });
});

describe("AgentCube's variables", () => {
  test('of Redis', () => {
    const env = { REDIS_ADDR: 'redis:6379', REDIS_PASSWORD: 'p', REDIS_PASSWORD_REQUIRED: 'true' };
    for (const load of [activator, controller, autoscaler])
      expect(load({ env })).toMatchObject({
        config: { redisAddr: 'redis:6379', redisPassword: 'p', redisPasswordRequired: true },
      });
  });

  test('of Valkey, which speaks the same protocol', () => {
    const env = { STORE_TYPE: 'valkey', VALKEY_ADDR: 'a:1,b:2', VALKEY_PASSWORD: 'p', REDIS_ADDR: 'x:1' };
    const loaded = activator({ env });
    expect(loaded).toMatchObject({
      config: { redisAddr: 'a:1,b:2', redisMode: 'cluster', redisPassword: 'p' },
    });
    expect(notesOf(loaded)).toEqual([expect.stringMatching(/^REDIS_ADDR: .*valkey/)]);
    expect(activator({ env: { ...env, VALKEY_FORCE_SINGLE: 'true' } })).toMatchObject({
      config: { redisAddr: 'a:1', redisMode: 'single' },
    });
  });

  test('a kind of store that there is not', () => {
    expect(problemsOf(activator({ env: { STORE_TYPE: 'etcd' } }))).toEqual([
      'STORE_TYPE: redis or valkey is expected',
    ]);
  });

  test('a password that must be there and is not, and empty ones, which are none', () => {
    const env = { REDIS_ADDR: 'r:1', REDIS_PASSWORD: '', REDIS_PASSWORD_REQUIRED: 'true' };
    expect(problemsOf(activator({ env }))).toEqual([
      expect.stringMatching(/^REDIS_PASSWORD_REQUIRED: there is no password/),
    ]);
    expect(activator({ env: { ...env, REDIS_PASSWORD_REQUIRED: 'false' } })).toMatchObject({
      kind: 'config',
    });
  });

  test('what has no effect is accepted, and said', () => {
    const env = {
      WORKLOAD_MANAGER_URL: 'http://wm:8080',
      AGENTCUBE_NAMESPACE: 'agentcube',
      AGENTCUBE_SPIFFE_TRUST_DOMAIN: 'cluster.local',
      VALKEY_DISABLE_CACHE: 'true',
    };
    const notes = notesOf(activator({ env }));
    for (const name of Object.keys(env))
      expect(notes).toContainEqual(expect.stringMatching(new RegExp(`^${name}: \\w`)));
  });
});

describe("AgentCube's flags", () => {
  test('as its chart gives them to the router', () => {
    const args = ['--port=8080', '--debug', '-v', '4', '--logtostderr', '--max-concurrent-requests', '0'];
    const loaded = activator({ args: [...args, '--mtls-cert', 'c'] });
    expect(loaded).toMatchObject({
      config: { port: 8080, logLevel: 'debug', maxConcurrentRequests: 1_000 },
    });
    expect(notesOf(loaded).map((note) => note.split(':')[0])).toEqual(
      expect.arrayContaining(['--logtostderr', '--mtls-cert']),
    );
  });

  test('as its chart gives them to the workload manager', () => {
    const loaded = controller({
      args: ['--port=8080', '--runtime-class-name=kuasar-vmm', '--enable-auth=false'],
    });
    expect(loaded).toMatchObject({ config: { port: 8080 } });
    expect(notesOf(loaded).join('\n')).toContain('--runtime-class-name');
  });

  const issuer = ['--jwt-issuer-url=https://id.example'];

  test('for callers with tokens of an issuer', () => {
    const roles = ['--jwt-role-claim', 'realm_access.roles', '--jwt-required-role=sandbox:invoke'];
    expect(activator({ args: [...issuer, ...roles] })).toMatchObject({
      config: { jwtIssuerUrl: 'https://id.example', jwtAudience: 'agentcube-api' },
    });
    expect(activator({ args: [...issuer, ...roles, '--jwt-audience='] })).toMatchObject({
      config: { jwtAudience: '' },
    });
  });

  test.each([
    [issuer, ['jwtRoleClaim: is needed', 'jwtRequiredRole: is needed']],
    [['--jwt-role-claim=roles'], ['--jwt-role-claim: has an effect only with']],
    [['--jwt-required-role=admin'], ['--jwt-required-role: has an effect only with']],
    [['--jwt-issuer-url=id.example'], ['--jwt-issuer-url: an http']],
  ])('%j would protect by half, so it is refused', (args, problems) => {
    const found = problemsOf(activator({ args }));
    for (const problem of problems) expect(found).toContainEqual(expect.stringContaining(problem));
  });

  test('--enable-auth protects: it is taken on a cluster, and refused where nobody could tell who asks', () => {
    expect(problemsOf(controller({ args: ['--enable-auth'] }))).toEqual([
      '--enable-auth: needs a cluster: it has an effect only with driver kubernetes',
    ]);
    expect(controller({ args: ['--enable-auth', '--driver', 'kubernetes'] })).toMatchObject({
      config: { enableAuth: true, driver: 'kubernetes' },
    });
  });

  test('our names win over theirs given in the same place, and a flag over a variable', () => {
    expect(activator({ args: ['--debug', '--log-level', 'error'] })).toMatchObject({
      config: { logLevel: 'error' },
    });
    const env = { REDIS_ADDR: 'theirs:1', AGENTCUBE_REDIS_ADDR: 'ours:1' };
    expect(activator({ env })).toMatchObject({ config: { redisAddr: 'ours:1' } });
    expect(activator({ env, args: ['--redis-addr', 'flag:1'] })).toMatchObject({
      config: { redisAddr: 'flag:1' },
    });
  });
});

describe('on a cluster', () => {
  const env = { AGENTCUBE_NAMESPACE: 'agentcube', AGENTCUBE_DRIVER: 'kubernetes' };

  test("AGENTCUBE_NAMESPACE is where the platform's Secret is", () => {
    for (const load of [activator, controller])
      expect(load({ env })).toMatchObject({ config: { namespace: 'agentcube' }, notes: [] });
  });

  test.each([
    ['--folder', () => controller({ env, args: ['--folder', 'f'] })],
    ['--images', () => controller({ env, args: ['--images', 'f'] })],
    ['--data-dir', () => controller({ env, args: ['--data-dir', 'f'] })],
    ['--data-dir', () => activator({ env, args: ['--data-dir', 'f'] })],
    ['--sessions-port', () => controller({ env, args: ['--sessions-port', '8443'] })],
    ['--kubeconfig', () => controller({ args: ['--kubeconfig', 'f'] })],
    ['--identity-dir', () => activator({ args: ['--identity-dir', 'f'] })],
  ])('%s is refused where it could not do what it says', (flag, load) => {
    expect(problemsOf(load())).toEqual([expect.stringMatching(new RegExp(`^${flag}: `))]);
  });
});

describe('every problem at once', () => {
  test('of flags, variables, files and what they say together', () => {
    const problems = problemsOf(
      controller({
        args: [
          '--isolation',
          'wishes',
          '--prot',
          '1',
          '--tls-cert',
          'gone.pem',
          '--enable-auth',
          '--config',
          'f',
        ],
        env: { AGENTCUBE_REDIS_DB: 'x', REDIS_ADDR: 'a:1,b:2', AGENTCUBE_REDIS_PASSWORD_FILE: 'gone' },
        files: { f: 'leadSeconds: 0\nnonsense: 1\n' },
      }),
    ).join('\n');
    for (const one of [
      /^--isolation: .*bubblewrap/m,
      /^--prot: /m,
      /^--tls-cert: .*enableTls/m,
      /^--tls-cert: no such file/m,
      /^--enable-auth: /m,
      /^AGENTCUBE_REDIS_DB: /m,
      /^REDIS_ADDR: several addresses/m,
      /^AGENTCUBE_REDIS_PASSWORD_FILE: no such file/m,
      /^leadSeconds: /m,
      /nonsense/,
    ])
      expect(problems).toMatch(one);
  });

  test.each([
    [{ AGENTCUBE_REDIS_MODE: 'sentinel' }, 'redisSentinelName'],
    [{ AGENTCUBE_REDIS_MODE: 'cluster', AGENTCUBE_REDIS_DB: '2' }, 'database 0'],
    [{ AGENTCUBE_REDIS_TLS_INSECURE: 'true' }, 'redisTls'],
    [{ AGENTCUBE_REDIS_TLS: 'true', AGENTCUBE_REDIS_TLS_CERT: 'c' }, 'come together'],
    [{ AGENTCUBE_REDIS_PASSWORD: 'p', AGENTCUBE_REDIS_PASSWORD_FILE: 'c' }, 'leave one out'],
    [{ AGENTCUBE_REDIS_USERNAME: 'u' }, 'redisPassword'],
    [{ AGENTCUBE_REDIS_ADDR: 'redis://r:6379' }, 'host:port'],
    [{ AGENTCUBE_REDIS_KEY_PREFIX: '{x}' }, 'letters'],
    [{ AGENTCUBE_REDIS_MODE: 'cluster', AGENTCUBE_COMPAT_KEYS: 'true' }, 'Cluster'],
    [{ AGENTCUBE_ENABLE_TLS: 'true' }, 'tlsCert and tlsKey'],
  ])('%j does not fit together', (env, words) => {
    const problems = problemsOf(activator({ env, files: { c: 'text' } }));
    expect(problems).toEqual([expect.stringContaining(words)]);
  });

  test('no secret is repeated', () => {
    const env = {
      AGENTCUBE_REDIS_PASSWORD: 'hunter2',
      AGENTCUBE_REDIS_PASSWORD_FILE: 'gone',
      AGENTCUBE_PORT: 'x',
    };
    expect(problemsOf(activator({ env })).join('\n')).not.toContain('hunter2');
  });
});

describe('what the adapters are given', () => {
  const files = { pw: 's3cret\n', ca: 'CA', cert: 'CERT', key: 'KEY' };

  test('Redis with everything, the content of files included', () => {
    const config = configOf(
      activator({
        args: ['--redis-tls', '--redis-tls-ca=ca', '--redis-tls-cert=cert', '--redis-tls-key=key'],
        env: { REDIS_ADDR: 's:26379', REDIS_USERNAME: 'u', REDIS_PASSWORD_FILE: 'pw', REDIS_DB: '3' },
        files,
      }),
    );
    expect(redisSettings(config, reader(files))).toEqual({
      addr: 's:26379',
      mode: 'single',
      username: 'u',
      password: 's3cret',
      db: 3,
      tls: { ca: 'CA', cert: 'CERT', key: 'KEY', insecure: false },
      keyPrefix: 'agentcube',
      commandTimeoutMs: 2_000,
    });
    expect(redisPlace(config)).toBe('s:26379 database 3 over TLS');
  });

  test('a certificate, and for the controller whose callers are believed', () => {
    const args = ['--tls-cert', 'cert', '--tls-key', 'key'];
    const plain = configOf(activator({ files }));
    const tls = configOf(activator({ files, args: [...args, '--enable-tls'] }));
    const mutual = configOf(controller({ files, args: [...args, '--tls-ca', 'ca'] }));
    expect(certificateOf(plain, reader(files))).toBeUndefined();
    expect(certificateOf(tls, reader(files))).toEqual({ cert: 'CERT', key: 'KEY' });
    expect(certificateOf(mutual, reader(files))).toEqual({ cert: 'CERT', key: 'KEY', ca: 'CA' });
  });
});

test('a program is told as much about Redis as any other, and help never shows a value that was given', () => {
  for (const schema of [activatorConfigSchema, controllerConfigSchema, autoscalerConfigSchema])
    expect(settingsHelp(schema)).toMatch(/--redis-password-file +file that holds the password/);
});
