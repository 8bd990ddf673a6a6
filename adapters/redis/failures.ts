// What went wrong with Redis, in words that name the setting or the remedy. One table, tested line by line.
// Does not own trying again. Invariant: whatever Redis or its client says becomes a PlatformError, and none of them a
// wrong answer: nobody concludes from a failure that something does not exist.
import { PlatformError, type ErrorCode } from '../../model/errors.ts';

interface Failure {
  readonly when: RegExp;
  /** `details.reason` of the error. */
  readonly reason: string;
  readonly words: string;
  readonly code?: ErrorCode;
  /** Trying again with the same settings cannot help. */
  readonly wrongSetting?: true;
}

const PASSWORD = 'redisPassword (--redis-password, REDIS_PASSWORD)';
const USERNAME = 'redisUsername (--redis-username, REDIS_USERNAME)';
const ADDR = 'redisAddr (--redis-addr, REDIS_ADDR)';
const MODE = 'redisMode (--redis-mode, REDIS_MODE)';
const DB = 'redisDb (--redis-db, REDIS_DB)';
const SENTINEL_NAME = 'redisSentinelName (--redis-sentinel-name, REDIS_SENTINEL_NAME)';
const TLS = 'redisTls (--redis-tls, REDIS_TLS)';
const TLS_CA = 'redisTlsCa (--redis-tls-ca, REDIS_TLS_CA)';
const TLS_CERT = 'redisTlsCert (--redis-tls-cert, REDIS_TLS_CERT)';

/** The first line that fits counts. */
const failures: readonly Failure[] = [
  {
    when: /\bFENCED\b/,
    reason: 'fenced',
    code: 'NOT_LEADER',
    words: 'another process leads now; what this one wanted to write was refused',
  },
  {
    when: /\bUNPREPARED\b/,
    reason: 'unprepared',
    words: 'the store is empty; it is being rebuilt by the controller',
  },
  {
    when: /WRONGPASS|invalid password/,
    reason: 'auth',
    wrongSetting: true,
    words: `Redis refused the password; correct ${PASSWORD} or ${USERNAME}`,
  },
  {
    when: /NOAUTH/,
    reason: 'auth',
    wrongSetting: true,
    words: `Redis wants a password; set ${PASSWORD}`,
  },
  {
    when: /NOPERM/,
    reason: 'permission',
    wrongSetting: true,
    words: `this user of Redis may not do what the platform needs; give the user of ${USERNAME} every command on the platform's keys and channels`,
  },
  {
    when: /READONLY/,
    reason: 'read-only',
    wrongSetting: true,
    words: `${ADDR} points to a replica, which takes no writes; name the master, or use Sentinel or Cluster by ${MODE}`,
  },
  {
    when: /\bOOM\b/,
    reason: 'full',
    words:
      'Redis is full; raise its maxmemory (and leave maxmemory-policy at noeviction: sessions must not be evicted)',
  },
  {
    when: /MISCONF/,
    reason: 'not-persistent',
    words:
      "Redis cannot write to its disk and refuses writes; see Redis' own log, and free or repair the disk of its dir",
  },
  {
    when: /NOREPLICAS/,
    reason: 'no-replicas',
    words:
      'Redis has fewer replicas than its min-replicas-to-write asks for, and refuses writes until they are back',
  },
  { when: /LOADING/, reason: 'loading', words: 'Redis has just started and is reading its data' },
  { when: /MASTERDOWN/, reason: 'unreachable', words: 'Redis is a replica that has lost its master' },
  {
    when: /CLUSTERDOWN/,
    reason: 'cluster-down',
    words: 'the Redis Cluster is down: some of its slots are served by nobody',
  },
  { when: /\bBUSY\b/, reason: 'busy', words: 'Redis is held up by a long script' },
  {
    when: /cluster support disabled/,
    reason: 'mode',
    wrongSetting: true,
    words: `the Redis at ${ADDR} is not part of a Cluster; set ${MODE} to single`,
  },
  {
    when: /^MOVED\b|\bMOVED \d/,
    reason: 'mode',
    wrongSetting: true,
    words: `the Redis at ${ADDR} is a node of a Cluster; set ${MODE} to cluster`,
  },
  {
    when: /DB index is out of range|SELECT is not allowed in cluster mode/,
    reason: 'database',
    wrongSetting: true,
    words: `Redis has no such database; correct ${DB} (a Cluster has only 0)`,
  },
  {
    when: /wrong version number|packet length too long/i,
    reason: 'tls',
    wrongSetting: true,
    words: `the Redis at ${ADDR} does not speak TLS there; correct the port, or switch ${TLS} off`,
  },
  {
    when: /certificate required|handshake failure|bad certificate|unknown ca/i,
    reason: 'tls',
    wrongSetting: true,
    words: `Redis did not accept our certificate; correct ${TLS_CERT} and its key`,
  },
  {
    when: /self.signed certificate|SELF_SIGNED|UNABLE_TO_(VERIFY|GET)|CERT_|ALTNAME|unable to (verify|get)/i,
    reason: 'tls',
    wrongSetting: true,
    words: `the certificate of Redis could not be verified; correct ${TLS_CA}, or the name in ${ADDR}`,
  },
  {
    when: /invalid reply: null|No such master with that name/,
    reason: 'sentinel-name',
    wrongSetting: true,
    words: `the Sentinels know no master of that name; correct ${SENTINEL_NAME}`,
  },
  {
    when: /sentinels are unreachable/,
    reason: 'unreachable',
    words: `no Sentinel that knows a master answers at ${ADDR}`,
  },
  {
    when: /ENOTFOUND|EAI_AGAIN/,
    reason: 'unreachable',
    words: `the host in ${ADDR} has no address; correct the name, or see to the name service`,
  },
  {
    when: /ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|startup nodes|ClusterAllFailed|refresh slots cache/,
    reason: 'unreachable',
    words: `Redis cannot be reached at ${ADDR}`,
  },
  {
    when: /connect ETIMEDOUT/,
    reason: 'timeout',
    words: `Redis at ${ADDR} does not take the connection in time; a firewall may be between, or only one side speaks TLS (${TLS})`,
  },
  {
    when: /timed out|ETIMEDOUT|Socket timeout/i,
    reason: 'timeout',
    words: `Redis at ${ADDR} does not answer in time; what was asked may have been done`,
  },
  {
    when: /Connection is closed|isn't (write|read)|Reached the max retries|ECONNRESET|EPIPE|Command aborted|Cluster is/,
    reason: 'unreachable',
    words: `there is no connection to Redis at ${ADDR}; what was asked last may have been done`,
  },
];

const textOf = (fault: unknown): string => {
  if (!(fault instanceof Error)) return String(fault);
  const code = 'code' in fault && typeof fault.code === 'string' ? fault.code : '';
  return `${fault.message} ${code}`.trim();
};

const failureOf = (text: string): Failure | undefined => failures.find(({ when }) => when.test(text));

/** Any fault of a command or a connection as what the caller may be told. A PlatformError stays as it is. */
export function asStoreFailure(fault: unknown): PlatformError {
  if (fault instanceof PlatformError) return fault;
  const text = textOf(fault);
  const failure = failureOf(text);
  if (!failure) return new PlatformError('STORE_UNAVAILABLE', `Redis failed: ${text}`, { reason: 'other' });
  const { code, words, reason } = failure;
  // Whoever reads the log wants what Redis itself said; our own error replies have nothing more to say.
  const said = reason === 'fenced' || reason === 'unprepared' ? '' : ` (${text})`;
  return new PlatformError(code ?? 'STORE_UNAVAILABLE', words + said, { reason });
}

/** Whether the settings must be corrected before it can work. */
export const isWrongSetting = (error: PlatformError): boolean =>
  failures.some(({ reason, wrongSetting }) => wrongSetting && reason === error.details.reason);

/** The answer of a command; its fault as a PlatformError. */
export const answerOf = async <T>(command: Promise<T>): Promise<T> => {
  try {
    return await command;
  } catch (fault) {
    throw asStoreFailure(fault);
  }
};
