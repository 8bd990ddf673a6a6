// What a `Session` is on the API server, written once: the objects that are answered and the OpenAPI document come from it.
// Sessions are read, watched and ended there, never written, so nothing validates by it.
import { z } from 'zod';
import { runtimeKinds } from '../../../model/runtime.ts';
import { stateKinds } from '../../../model/session.ts';

export const sessionsGroup = 'agentcube.volcano.sh';
export const sessionsVersion = 'v1alpha1';
export const sessionsApiVersion = `${sessionsGroup}/${sessionsVersion}`;
export const sessionsKind = 'Session';
export const sessionsPlural = 'sessions';

const time = z.string().describe('RFC 3339, UTC');
const duration = z.string().describe('a Go duration, such as 15m');

const metadata = z.object({
  name: z.string().describe("the session's id"),
  namespace: z.string().describe("its runtime's namespace"),
  uid: z.string(),
  resourceVersion: z.string(),
  creationTimestamp: time,
  deletionTimestamp: time.optional(),
  labels: z.record(z.string(), z.string()),
});

export const sessionObjectSchema = z
  .object({
    apiVersion: z.literal(sessionsApiVersion),
    kind: z.literal(sessionsKind),
    metadata,
    spec: z
      .object({
        runtime: z
          .object({ kind: z.enum(runtimeKinds), name: z.string() })
          .describe('what it is a session of'),
        revision: z.string().describe("which version of the runtime's sandboxes it has"),
        owner: z.string().optional().describe('who opened it; absent for anonymous callers'),
        pauseAfter: duration.optional(),
        suspendAfter: duration.optional(),
        sessionTimeout: duration,
        maxSessionDuration: duration,
      })
      .describe('what never changes of a session'),
    status: z.object({
      state: z.enum(stateKinds).describe('paused: asleep with its memory; suspended: asleep with its files'),
      stateSince: time,
      reason: z.string().optional().describe('why it ended, or what became of its last sandbox'),
      generation: z.number().int().describe('grows each time it gets a sandbox'),
      sandbox: z
        .object({ id: z.string(), name: z.string().describe('name of the Sandbox and of the pod') })
        .optional(),
      lastActivityAt: time.optional().describe('absent in what a watch tells'),
      expiresAt: time.optional().describe('when it ends if nobody uses it; absent in what a watch tells'),
    }),
  })
  .describe('A session: what a client of an AgentRuntime or a CodeInterpreter holds.');

export type SessionObject = z.infer<typeof sessionObjectSchema>;
