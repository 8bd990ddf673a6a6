// What goes wrong, as the `Status` that a Kubernetes API server answers with. Decides only.
// Does not own errors of the platform (model/errors.ts) nor their reasons' names (../core/kube-status.ts).
import { statusOf, type PlatformError } from '../../model/errors.ts';
import { failureStatus, type KubeStatus } from '../core/kube-status.ts';
import { sessionsGroup, sessionsPlural } from './core/schema.ts';

const failure = (code: number, reason: string, message: string, details: object = {}): KubeStatus => ({
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Failure',
  message,
  reason,
  details,
  code,
});

/** A version from which a watch or a list cannot go on. */
export const expired = (message: string): KubeStatus => failure(410, 'Expired', message);

/** There is no such session; `because` says why when it is remembered. */
export const notFound = (name: string, because?: string): KubeStatus => {
  const message = `${sessionsPlural}.${sessionsGroup} "${name}" not found`;
  const whole = because === undefined ? message : `${message}: it ended (${because})`;
  return failure(404, 'NotFound', whole, { name, group: sessionsGroup, kind: sessionsPlural });
};

export const noSuchPath = (): KubeStatus =>
  failure(404, 'NotFound', 'the server could not find the requested resource');

export const methodNotAllowed = (method: string): KubeStatus =>
  failure(
    405,
    'MethodNotAllowed',
    `${method} is not supported on ${sessionsPlural}.${sessionsGroup}: they are opened by calling a runtime`,
  );

export const notAcceptable = (): KubeStatus =>
  failure(406, 'NotAcceptable', 'only JSON is answered: application/json, also as a Table');

/** The precondition of a delete does not hold. */
export const otherObject = (name: string): KubeStatus =>
  failure(409, 'Conflict', `the UID in the precondition is not that of session ${name}`, {
    name,
    group: sessionsGroup,
    kind: sessionsPlural,
  });

export const unauthorized = (): KubeStatus =>
  failure(401, 'Unauthorized', 'only the API server of the cluster is answered here');

/** An error of the platform. */
export const ofError = (error: PlatformError): KubeStatus => ({
  ...failureStatus(error),
  code: statusOf(error.code),
});
