// Schema of a core/v1 Probe (Kubernetes 1.35). Does not own what a probe does; readiness.ts reads it.
import { z } from 'zod';
import {
  fields,
  integerWithin,
  mostInt32,
  portNumber,
  portReference,
  quotedText,
  seconds,
  text,
  texts,
} from './fields.ts';

const httpGet = fields({
  path: text.optional(),
  port: portReference,
  host: text.optional(),
  scheme: z.enum(['HTTP', 'HTTPS']).optional(),
  httpHeaders: z.array(fields({ name: text, value: quotedText })).optional(),
});

const times = integerWithin(1, mostInt32).describe('a whole number, 1 or more');

const handlers = ['exec', 'httpGet', 'tcpSocket', 'grpc'] as const;

/** How to ask a container whether it is well; exactly one of exec, httpGet, tcpSocket and grpc. */
export const probe = fields({
  exec: fields({ command: texts.min(1).describe('a list of at least one string') }).optional(),
  httpGet: httpGet.optional(),
  tcpSocket: fields({ port: portReference, host: text.optional() }).optional(),
  grpc: fields({ port: portNumber, service: text.optional() }).optional(),
  initialDelaySeconds: seconds.optional(),
  // Kubernetes takes 0 for "the default" in these four.
  timeoutSeconds: seconds.optional(),
  periodSeconds: seconds.optional(),
  successThreshold: seconds.describe('a whole number, 0 or more').optional(),
  failureThreshold: seconds.describe('a whole number, 0 or more').optional(),
  terminationGracePeriodSeconds: times.optional(),
}).superRefine((given, context) => {
  const named = handlers.filter((handler) => given[handler] !== undefined);
  if (named.length === 1) return;
  const message = named.length === 0 ? 'says not how to probe' : `has ${named.join(' and ')}`;
  context.addIssue({
    code: 'custom',
    message,
    params: { expected: `exactly one of ${handlers.join(', ')}` },
  });
});

export type Probe = z.infer<typeof probe>;
