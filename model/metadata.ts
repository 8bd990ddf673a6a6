// Schemas of what every resource has besides its spec: metadata (metav1.ObjectMeta) and status conditions.
// Does not own Knative's annotations (knative-scaling.ts), nor who writes them: uid, resourceVersion, generation, creationTimestamp and status are the server's.
import { z } from 'zod';
import { anyObjects, dnsLabel, dnsSubdomain, fields, flag, integer, text, textMap, texts } from './fields.ts';
import { annotationProblems } from './knative-scaling.ts';

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;

const annotations = textMap.superRefine(
  (given, context) => {
    const strings = Object.entries(given).filter(([, value]) => typeof value === 'string');
    for (const { key, message, expected } of annotationProblems(Object.fromEntries(strings)))
      context.addIssue({ code: 'custom', path: [key], message, params: { expected } });
  },
  // One that is no text does not hide what is wrong with another.
  { when: ({ value }) => isObject(value) },
);

/** metav1.ObjectMeta; only the name is required. */
export const metadata = fields({
  name: dnsSubdomain,
  namespace: dnsLabel.optional(),
  labels: textMap.optional(),
  annotations: annotations.optional(),
  uid: text.optional(),
  resourceVersion: text.optional(),
  generation: integer.optional(),
  creationTimestamp: text.optional(),
  deletionTimestamp: text.optional(),
  deletionGracePeriodSeconds: integer.optional(),
  finalizers: texts.optional(),
  generateName: text.optional(),
  managedFields: anyObjects.optional(),
  ownerReferences: anyObjects.optional(),
  selfLink: text.optional(),
});

/** metav1.Condition. */
export const condition = z.looseObject({
  type: text,
  status: z.enum(['True', 'False', 'Unknown']),
  reason: text,
  message: text,
  /** RFC 3339, UTC, whole seconds. */
  lastTransitionTime: text,
  observedGeneration: integer.optional(),
});

/** Open to more fields: what a client sends here is never used, so it need not be understood. */
export const status = z.looseObject({ conditions: z.array(condition).optional(), ready: flag.optional() });

export type Metadata = z.infer<typeof metadata>;
export type Condition = z.infer<typeof condition>;
export type Status = z.infer<typeof status>;
