import { describe, expect, test } from '@jest/globals';
import { PlatformError } from '../../model/errors.ts';
import { answerOf, asStoreFailure, isWrongSetting } from './failures.ts';

/** What Redis or ioredis says (a code of Node after a bar), the reason, and what the words must name. */
const lines: readonly (readonly [said: string, reason: string, names: RegExp])[] = [
  ['WRONGPASS invalid username-password pair or user is disabled.', 'auth', /redisPassword.*redisUsername/],
  ['ERR invalid password', 'auth', /REDIS_PASSWORD/],
  ['NOAUTH Authentication required.', 'auth', /--redis-password/],
  ["NOPERM User x has no permissions to run the 'evalsha' command", 'permission', /redisUsername/],
  ["READONLY You can't write against a read only replica.", 'read-only', /redisAddr .*replica/],
  ["OOM command not allowed when used memory > 'maxmemory'.", 'full', /maxmemory .*noeviction/],
  ['MISCONF Redis is configured to save RDB snapshots', 'not-persistent', /disk/],
  ['NOREPLICAS Not enough good replicas to write.', 'no-replicas', /min-replicas-to-write/],
  ['LOADING Redis is loading the dataset in memory', 'loading', /just started/],
  [
    "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
    'unreachable',
    /master/,
  ],
  ['CLUSTERDOWN The cluster is down', 'cluster-down', /Cluster is down/],
  ['BUSY Redis is busy running a script.', 'busy', /script/],
  ['ERR This instance has cluster support disabled', 'mode', /redisMode .* single/],
  ['MOVED 3999 127.0.0.1:6381', 'mode', /redisMode .* cluster/],
  ['Too many Cluster redirections. Last error: ReplyError: MOVED 3999 127.0.0.1:6381', 'mode', /redisMode/],
  ['ERR DB index is out of range', 'database', /redisDb/],
  ['ERR SELECT is not allowed in cluster mode', 'database', /redisDb/],
  ['SSL routines:tls_validate_record_header:wrong version number|EPROTO', 'tls', /redisTls .*off/],
  ['tlsv13 alert certificate required|ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'tls', /redisTlsCert/],
  ['self-signed certificate in certificate chain|SELF_SIGNED_CERT_IN_CHAIN', 'tls', /redisTlsCa/],
  ['unable to verify the first certificate|UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'tls', /redisTlsCa/],
  ["Hostname/IP does not match certificate's altnames|ERR_TLS_CERT_ALTNAME_INVALID", 'tls', /redisAddr/],
  ['certificate has expired|CERT_HAS_EXPIRED', 'tls', /verified/],
  [
    'connected to sentinel a:1 successfully, but got an invalid reply: null',
    'sentinel-name',
    /redisSentinelName/,
  ],
  [
    'All sentinels are unreachable. Retrying from scratch after 50ms. Last error: x',
    'unreachable',
    /Sentinel/,
  ],
  ['getaddrinfo ENOTFOUND nowhere.example|ENOTFOUND', 'unreachable', /host in redisAddr/],
  ['getaddrinfo EAI_AGAIN nowhere.example|EAI_AGAIN', 'unreachable', /host in redisAddr/],
  ['connect ECONNREFUSED 127.0.0.1:1|ECONNREFUSED', 'unreachable', /redisAddr.*--redis-addr.*REDIS_ADDR/],
  ['None of startup nodes is available', 'unreachable', /redisAddr/],
  ['Failed to refresh slots cache.', 'unreachable', /redisAddr/],
  ['connect ETIMEDOUT|ETIMEDOUT', 'timeout', /redisAddr/],
  ['Command timed out', 'timeout', /may have been done/],
  ["Socket timeout. Expecting data, but didn't receive any in 2000ms.", 'timeout', /does not answer in time/],
  ['Connection is closed.', 'unreachable', /no connection/],
  ["Stream isn't writeable and enableOfflineQueue options is false", 'unreachable', /no connection/],
  ["Cluster isn't ready and enableOfflineQueue options is false", 'unreachable', /no connection/],
  ['Reached the max retries per request limit (which is 0).', 'unreachable', /may have been done/],
  ['read ECONNRESET|ECONNRESET', 'unreachable', /no connection/],
  ['write EPIPE|EPIPE', 'unreachable', /no connection/],
  ['ERR something that nobody has thought of', 'other', /something that nobody has thought of/],
];

const faultOf = (said: string): Error => {
  const [message, code] = said.split('|');
  return Object.assign(new Error(message), code === undefined ? {} : { code });
};

test.each(lines)('%s', (said, reason, names) => {
  const failure = asStoreFailure(faultOf(said));
  expect(failure).toMatchObject({ code: 'STORE_UNAVAILABLE', details: { reason } });
  expect(failure.message).toMatch(names);
  expect(failure.message).toContain(said.split('|')[0]);
});

test('a fenced write is refused for not leading, an unprepared store is unavailable', () => {
  expect(asStoreFailure(new Error('FENCED'))).toMatchObject({ code: 'NOT_LEADER' });
  expect(asStoreFailure(new Error('UNPREPARED'))).toMatchObject({
    code: 'STORE_UNAVAILABLE',
    message: 'the store is empty; it is being rebuilt by the controller',
  });
});

test('an error of the platform stays as it is', () => {
  const error = new PlatformError('CONFLICT', 'of two writers one was first');
  expect(asStoreFailure(error)).toBe(error);
});

describe('which of them only other settings can cure', () => {
  const wrong = (said: string): boolean => isWrongSetting(asStoreFailure(faultOf(said)));

  test.each(['WRONGPASS x', 'NOAUTH x', 'NOPERM x', 'READONLY x', 'ERR DB index is out of range'])(
    '%s',
    (said) => expect(wrong(said)).toBe(true),
  );

  test.each(['LOADING x', 'OOM x', 'Connection is closed.', 'Command timed out', 'FENCED', 'MASTERDOWN x'])(
    'not %s',
    (said) => expect(wrong(said)).toBe(false),
  );
});

test('the fault of a command becomes an error of the platform, its answer stays', async () => {
  await expect(answerOf(Promise.reject(new Error('OOM command not allowed')))).rejects.toMatchObject({
    details: { reason: 'full' },
  });
  await expect(answerOf(Promise.resolve(7))).resolves.toBe(7);
});
