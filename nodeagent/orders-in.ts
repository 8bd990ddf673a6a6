// What an order must look like on the wire. Callers are our own programs, but of another version perhaps: what is not known is let through,
// what is needed is checked.
import { z } from 'zod';
import type { SessionMark } from '../model/sandbox-spec.ts';
import type { PauseOrder, ResumeOrder } from './core/protocol.ts';

const version = z.int().min(0);
const milliseconds = z.number().min(0);

const mark: z.ZodType<SessionMark> = z.looseObject({
  id: z.string().min(1),
  runtime: z.looseObject({
    kind: z.enum(['AgentRuntime', 'CodeInterpreter']),
    namespace: z.string().min(1),
    name: z.string().min(1),
  }),
  labels: z.record(z.string(), z.string()),
  ownerId: z.string().exactOptional(),
  policy: z.looseObject({
    pauseAfterMs: milliseconds.nullable(),
    suspendAfterMs: milliseconds.nullable(),
    sessionTimeoutMs: milliseconds,
    maxSessionDurationMs: milliseconds,
  }),
  createdAt: milliseconds,
});

const resume: z.ZodType<ResumeOrder> = z.looseObject({
  version,
  session: mark.exactOptional(),
  fenced: z.boolean().exactOptional(),
});

const pause: z.ZodType<PauseOrder> = z.looseObject({ version });

/** Read an order from a body's JSON; throw a ZodError or SyntaxError. */
export const ordersIn = {
  resume: (body: string): ResumeOrder => resume.parse(JSON.parse(body)),
  pause: (body: string): PauseOrder => pause.parse(JSON.parse(body)),
  mark: (body: string): SessionMark => mark.parse(JSON.parse(body)),
};
