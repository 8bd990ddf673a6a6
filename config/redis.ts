// How each separate program reaches Redis: its settings, and what they say together. Opens nothing.
// The password is best given by file or environment: a command line can be read by everybody on the machine.
import { z } from 'zod';
import type { RedisSettings } from '../adapters/redis/settings.ts';
import { count, secret, seconds, text, toggle } from './fields.ts';
import type { SettingProblem } from './load.ts';

export const redisFields = {
  redisAddr: text
    .default('127.0.0.1:6379')
    .describe('where Redis is, host:port; several with commas for Sentinel and Cluster'),
  redisMode: z
    .enum(['single', 'cluster', 'sentinel'])
    .default('single')
    .describe('one server, a Cluster, or Sentinels that know the master'),
  redisSentinelName: text.optional().describe('what the Sentinels call the master'),
  redisSentinelPassword: secret.optional().describe('password of the Sentinels'),
  redisUsername: text.optional().describe('user of the access control list'),
  redisPassword: secret.optional().describe('password'),
  redisPasswordFile: text.optional().describe('file that holds the password'),
  redisPasswordRequired: toggle.describe('refuse to start without a password'),
  redisDb: seconds.default(0).describe('number of the database; a Cluster has only 0'),
  redisTls: toggle.describe('speak TLS with Redis'),
  redisTlsCa: text
    .optional()
    .describe('file of certificates that sign the one of Redis; the system knows its own'),
  redisTlsCert: text.optional().describe('file of the certificate shown to Redis'),
  redisTlsKey: text.optional().describe('file of the key of that certificate'),
  redisTlsServername: text.optional().describe('name that the certificate of Redis is to have'),
  redisTlsInsecure: toggle.describe('believe any certificate; for trials only'),
  redisKeyPrefix: z
    .string()
    .regex(/^[\w.-]+$/, 'letters, digits, . _ and -')
    .default('agentcube')
    .describe('what the keys of this platform begin with, in braces'),
  redisTimeoutMs: count.default(2_000).describe('how long an answer of Redis is waited for'),
};

export type RedisConfig = z.infer<z.ZodObject<typeof redisFields>>;

type ReadFile = (path: string) => string;

/** A problem when a file cannot be read, before anything uses it. */
export function unreadable(
  name: string,
  path: string | undefined,
  readFile: ReadFile,
): readonly SettingProblem[] {
  if (path === undefined) return [];
  try {
    readFile(path);
    return [];
  } catch (error) {
    return [{ name, message: (error as Error).message }];
  }
}

function passwordProblems(given: Partial<RedisConfig>): SettingProblem[] {
  const { redisPassword, redisPasswordFile, redisPasswordRequired, redisUsername } = given;
  const has = redisPassword !== undefined || redisPasswordFile !== undefined;
  const problems: SettingProblem[] = [];
  if (redisPassword !== undefined && redisPasswordFile !== undefined)
    problems.push({ name: 'redisPasswordFile', message: 'redisPassword is given too; leave one out' });
  if (redisPasswordRequired === true && !has) {
    const message = 'there is no password; give redisPassword or redisPasswordFile';
    problems.push({ name: 'redisPasswordRequired', message });
  }
  if (redisUsername !== undefined && !has)
    problems.push({ name: 'redisUsername', message: 'needs redisPassword or redisPasswordFile' });
  return problems;
}

function placeProblems(given: Partial<RedisConfig>): SettingProblem[] {
  const { redisAddr = '', redisMode, redisSentinelName, redisDb } = given;
  const problems: SettingProblem[] = [];
  const addresses = redisAddr.split(',').map((one) => one.trim());
  if (redisAddr !== '' && addresses.some((one) => !/^(\[[^\]]+\]|[^:/\s]+)(:\d+)?$/.test(one)))
    problems.push({ name: 'redisAddr', message: 'host:port is expected, several with commas' });
  if (redisMode === 'single' && addresses.length > 1)
    problems.push({ name: 'redisAddr', message: 'several addresses need redisMode cluster or sentinel' });
  if (redisMode === 'sentinel' && redisSentinelName === undefined)
    problems.push({ name: 'redisMode', message: 'sentinel needs redisSentinelName' });
  if (redisMode === 'cluster' && redisDb !== undefined && redisDb !== 0)
    problems.push({ name: 'redisDb', message: 'a Cluster has only database 0' });
  return problems;
}

function tlsProblems(given: Partial<RedisConfig>): SettingProblem[] {
  const problems: SettingProblem[] = [];
  const names = ['redisTlsCa', 'redisTlsCert', 'redisTlsKey', 'redisTlsServername'] as const;
  for (const name of given.redisTls === true ? [] : names)
    if (given[name] !== undefined) problems.push({ name, message: 'has an effect only with redisTls' });
  if (given.redisTlsInsecure === true && given.redisTls !== true)
    problems.push({ name: 'redisTlsInsecure', message: 'has an effect only with redisTls' });
  if ((given.redisTlsCert === undefined) !== (given.redisTlsKey === undefined)) {
    const name = given.redisTlsCert === undefined ? 'redisTlsKey' : 'redisTlsCert';
    problems.push({ name, message: 'redisTlsCert and redisTlsKey come together' });
  }
  return problems;
}

/** What the settings of Redis say together, files included. */
export function redisProblems(given: Partial<RedisConfig>, readFile: ReadFile): readonly SettingProblem[] {
  const files = ['redisPasswordFile', 'redisTlsCa', 'redisTlsCert', 'redisTlsKey'] as const;
  return [
    ...placeProblems(given),
    ...passwordProblems(given),
    ...tlsProblems(given),
    ...files.flatMap((name) => unreadable(name, given[name], readFile)),
  ];
}

type Tls = NonNullable<RedisSettings['tls']>;

function tlsOf(config: RedisConfig, readFile: ReadFile): Tls {
  const { redisTlsCa, redisTlsCert, redisTlsKey, redisTlsServername, redisTlsInsecure } = config;
  return {
    ...(redisTlsCa !== undefined && { ca: readFile(redisTlsCa) }),
    ...(redisTlsCert !== undefined && { cert: readFile(redisTlsCert) }),
    ...(redisTlsKey !== undefined && { key: readFile(redisTlsKey) }),
    ...(redisTlsServername !== undefined && { servername: redisTlsServername }),
    insecure: redisTlsInsecure,
  };
}

/** As the adapter wants them, with the content of files. Throws as `readFile` does. */
export function redisSettings(config: RedisConfig, readFile: ReadFile): RedisSettings {
  const { redisUsername, redisPasswordFile, redisSentinelName, redisSentinelPassword } = config;
  // Files that hold a secret mostly end with a line break, which is no part of it.
  const fromFile = redisPasswordFile === undefined ? undefined : readFile(redisPasswordFile).trimEnd();
  const password = config.redisPassword ?? fromFile;
  return {
    addr: config.redisAddr,
    mode: config.redisMode,
    db: config.redisDb,
    keyPrefix: config.redisKeyPrefix,
    commandTimeoutMs: config.redisTimeoutMs,
    ...(redisSentinelName !== undefined && { sentinelName: redisSentinelName }),
    ...(redisSentinelPassword !== undefined && { sentinelPassword: redisSentinelPassword }),
    ...(redisUsername !== undefined && { username: redisUsername }),
    ...(password !== undefined && { password }),
    ...(config.redisTls && { tls: tlsOf(config, readFile) }),
  };
}

/** In which database, when it is not the first; for people. */
export const redisPlace = ({ redisAddr, redisMode, redisDb, redisTls }: RedisConfig): string =>
  [
    redisAddr,
    ...(redisMode === 'single' ? [] : [`(${redisMode})`]),
    ...(redisDb === 0 ? [] : [`database ${redisDb}`]),
    ...(redisTls ? ['over TLS'] : []),
  ].join(' ');
