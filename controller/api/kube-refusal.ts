// What is answered instead of what was asked for, where an API server has words of its own for it: a `Status`.
// Does not own errors of the platform, which become one in errors.ts.
import type { KubeStatus, StatusDetails } from '../core/kube-status.ts';

export class KubeRefusal extends Error {
  readonly status: KubeStatus;

  constructor(code: number, reason: string, message: string, details?: StatusDetails) {
    super(message);
    this.status = {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message,
      ...(reason !== '' && { reason }),
      ...(details && { details }),
      code,
    };
  }
}

export const badRequest = (message: string): KubeRefusal => new KubeRefusal(400, 'BadRequest', message);

export const methodNotAllowed = (): KubeRefusal =>
  new KubeRefusal(
    405,
    'MethodNotAllowed',
    'the server does not allow this method on the requested resource',
    {},
  );

/** Of `/api`, where all that is not there is answered so. */
export const noSuchResource = (): KubeRefusal =>
  new KubeRefusal(404, 'NotFound', 'the server could not find the requested resource', {});

export const notAcceptable = (types: readonly string[]): KubeRefusal =>
  new KubeRefusal(406, 'NotAcceptable', `only the following media types are accepted: ${types.join(', ')}`);

/** A version from which nothing can be told any more. */
export const expired = (version: string, current: string): KubeRefusal =>
  new KubeRefusal(410, 'Expired', `too old resource version: ${version} (${current})`);

/** A version that nothing has had yet. */
export const tooLarge = (version: string, current: string): KubeRefusal =>
  new KubeRefusal(504, 'Timeout', `Timeout: Too large resource version: ${version}, current: ${current}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  });
