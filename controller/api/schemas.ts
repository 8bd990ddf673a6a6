// The shapes of the control API's bodies as zod schemas: /openapi.json is made from them.
// Does not own the runtimes' shapes (model/runtime.ts) nor the triggers' (model/trigger.ts).
import { z } from 'zod';
import { errorKinds, type ErrorCode } from '../../model/errors.ts';
import { eventFilter } from '../../model/event-filter.ts';
import { agentRuntime, codeInterpreter, runtimeKinds } from '../../model/runtime.ts';
import { stateKinds } from '../../model/session.ts';
import { trigger } from '../../model/trigger.ts';

const time = z.iso.datetime().describe('RFC 3339, UTC');
const code = z.enum(Object.keys(errorKinds) as [ErrorCode, ...ErrorCode[]]).describe('see docs/errors.md');

/** What AgentCube's create routes read; other fields are ignored. Absent, null and empty are all "not given". */
export const createRequest = z.object({
  namespace: z.string().nullish().describe('namespace of the runtime; required'),
  name: z.string().nullish().describe('name of the runtime; required'),
  kind: z.string().nullish().describe('ignored: the route decides'),
});

const entryPoint = z.object({
  path: z.string(),
  protocol: z.enum(['HTTP', 'HTTPS']),
  endpoint: z.string().describe('`unix:///path.sock` or `ip:port`'),
});

const createResponse = z.object({
  kind: z.enum(['Sandbox', 'SandboxClaim']).describe('SandboxClaim: it came from the warm pool'),
  sessionId: z.uuid(),
  sandboxId: z.uuid(),
  sandboxName: z.string(),
  entryPoints: z.array(entryPoint),
  ownerId: z.string().optional(),
});

const message = z.object({
  message: z.string(),
  code: code.optional(),
  reason: z.string().optional(),
  retryable: z.boolean().optional(),
  sessionId: z.string().optional(),
});

const typedError = z.object({
  error: z.string(),
  code,
  retryable: z.boolean().describe('whether the same request may succeed later'),
  reason: z.string().optional(),
  sessionId: z.string().optional(),
  problems: z.array(z.unknown()).optional(),
});

/** A session as the control API tells of it. */
export const session = z.object({
  sessionId: z.string(),
  runtime: z.object({
    kind: z.enum(['AgentRuntime', 'CodeInterpreter']),
    namespace: z.string(),
    name: z.string(),
  }),
  revision: z.string(),
  labels: z.record(z.string(), z.string()),
  ownerId: z.string().optional(),
  state: z.enum(stateKinds as [string, ...string[]]),
  stateSince: time,
  reason: z.string().optional().describe('why it ended, or ends: deleted, idle, max-duration, failed: <why>'),
  lost: z
    .string()
    .optional()
    .describe('what became of its last sandbox; the next request starts one with its files'),
  createdAt: time,
  lastActivityAt: time,
  expiresAt: time.optional().describe('when it ends if nobody uses it; absent once it has ended'),
  generation: z.int().describe('grows each time the session gets a sandbox'),
  sandbox: z.object({ id: z.string(), name: z.string() }).optional(),
  awake: z
    .array(z.string())
    .optional()
    .describe('what keeps it from being paused; asked of running sessions one by one'),
});

const sessionList = z.object({
  items: z.array(session),
  continue: z.string().optional().describe('token of the next page; absent on the last'),
});

const count = z.int().min(0);

/** A warm pool as the control API tells of it. */
const pool = z.object({
  kind: z.enum(runtimeKinds),
  namespace: z.string(),
  name: z.string(),
  class: z.enum(['target', 'kpa', 'fixed']).describe('who sizes it: the policy of its runtime'),
  target: count.describe('how many warm sandboxes it is to hold'),
  wanted: count.describe('what its policy asks for, which a budget may cut and a dry run only says'),
  ready: count.describe('sandboxes of the newest revision that wait'),
  starting: count.describe('those on their way to it'),
  dryRun: z.boolean().describe('the policy only says what it would do'),
  why: z.object({
    rule: z.string().describe('the rule that decided last'),
    numbers: z.record(z.string(), z.number()).describe('every number that it was decided from'),
  }),
  text: z.string().describe('the same as one line'),
  trouble: z.string().optional().describe('why it is short, while it is'),
});

const poolList = z.object({ items: z.array(pool) });

const listMeta = z.object({ resourceVersion: z.string() });
const agentRuntimeList = z.object({
  apiVersion: z.string(),
  kind: z.literal('AgentRuntimeList'),
  metadata: listMeta,
  items: z.array(agentRuntime),
});
const codeInterpreterList = z.object({
  apiVersion: z.string(),
  kind: z.literal('CodeInterpreterList'),
  metadata: listMeta,
  items: z.array(codeInterpreter),
});

const triggerList = z.object({
  apiVersion: z.string(),
  kind: z.literal('TriggerList'),
  metadata: listMeta,
  items: z.array(trigger),
});

/** Which trigger's dead letters are meant. */
export const ofTrigger = z.strictObject({
  trigger: z.string().min(1).describe('the name of a trigger of that namespace'),
});

const deadLetterFields = {
  id: z.string(),
  trigger: z.string().describe('the name of its trigger'),
  event: z.object({ id: z.string(), source: z.string(), type: z.string() }),
  tries: count,
  hops: count.describe('how many replies led to it'),
  error: z.object({
    dest: z.string().describe('where it went'),
    code: count.describe('the status that was answered; 0 when nothing was'),
    data: z.string().describe('the beginning of what was answered, or why nothing was'),
  }),
  cameAt: time,
  buriedAt: time,
};

const deadLetterSummary = z.object(deadLetterFields);

const deadLetter = z.object({
  ...deadLetterFields,
  message: z
    .object({
      mode: z.enum(['binary', 'structured']),
      headers: z.array(z.object({ name: z.string(), value: z.string() })),
      body: z.string().optional().describe('where it is UTF-8'),
      bodyBase64: z.string().optional().describe('where it is not'),
    })
    .describe('the event, as it came'),
});

const deadLetterList = z.object({
  items: z.array(deadLetterSummary),
  continue: z.string().optional().describe('`after` of the next page; absent on the last'),
});

const delivery = z.object({
  at: time.describe('when the try ended'),
  by: z.string().describe('which program tried'),
  trigger: z.string().describe('the name of the trigger'),
  event: deadLetterFields.event,
  tries: count.describe('how many there were before'),
  hops: deadLetterFields.hops,
  sessionId: z.string().optional().describe('absent when none was found or made'),
  result: z
    .enum(['delivered', 'again', 'untried', 'givenUp'])
    .describe('again: it is tried again; untried: nothing was sent, for there was no room'),
  status: count.describe('the status that was answered; 0 when nothing was'),
  reason: z.string().optional().describe('why it was not delivered'),
  tookMs: count,
});

const kubeStatus = z.object({
  kind: z.literal('Status'),
  apiVersion: z.literal('v1'),
  metadata: z.object({}),
  status: z.enum(['Success', 'Failure']),
  message: z.string().optional(),
  reason: z.string().optional(),
  details: z.looseObject({}).optional(),
  code: z.int().optional(),
});

const anyObject = z.looseObject({});

/** Every named body, by the name that it has in /openapi.json. */
export const bodySchemas = {
  AgentRuntime: agentRuntime,
  AgentRuntimeList: agentRuntimeList,
  CodeInterpreter: codeInterpreter,
  CodeInterpreterList: codeInterpreterList,
  Delivery: delivery,
  DeadLetter: deadLetter,
  DeadLetterList: deadLetterList,
  Dropped: z.object({ dropped: count }),
  OfTrigger: ofTrigger,
  Replayed: z.object({ replayed: count }),
  CreateRequest: createRequest,
  CreateResponse: createResponse,
  Message: message,
  Pool: pool,
  PoolList: poolList,
  Session: session,
  SessionList: sessionList,
  Status: kubeStatus,
  Trigger: trigger,
  TriggerList: triggerList,
  TypedError: typedError,
  EventFilter: eventFilter,
  Health: z.object({ status: z.literal('healthy') }),
  MergePatch: anyObject.describe('RFC 7386'),
  Object: anyObject,
  Text: z.string(),
} as const;

export type BodyName = keyof typeof bodySchemas;
export type DeliveryView = z.infer<typeof delivery>;
export type DeadLetterView = z.infer<typeof deadLetterSummary>;
export type DeadLetterWithEvent = z.infer<typeof deadLetter>;
export type PoolView = z.infer<typeof pool>;
export type SessionView = z.infer<typeof session>;
