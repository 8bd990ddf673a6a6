// What `kubectl explain` says of each field of a runtime or trigger, and what a schema of ours does not say of it: defaults, and how
// lists are merged. A path names a field as in YAML, with [] for the elements of a list.
import { storedDefaults } from '../../model/runtime.ts';
import { scalingDefaults } from '../../model/scaling-spec.ts';
import { triggerDefaults } from '../../model/trigger.ts';
import type { Structural } from './structural.ts';

const port = (list: string): Record<string, Structural> => ({
  [`${list}[]`]: { description: 'Requests whose path starts with pathPrefix go to this port.' },
  [`${list}[].pathPrefix`]: {
    description: 'The first port whose prefix fits is taken, otherwise the first.',
  },
  [`${list}[].name`]: { description: 'For people only.' },
  [`${list}[].port`]: { description: 'Where the container listens.' },
  [`${list}[].protocol`]: { description: 'What it speaks there.', default: storedDefaults.protocol },
});

const template = (path: string): Record<string, Structural> => ({
  [`${path}.labels`]: { description: 'Labels of the pods.' },
  [`${path}.annotations`]: { description: 'Annotations of the pods.' },
});

const lifecycle: Record<string, Structural> = {
  'spec.sessionTimeout': {
    description: 'A session that nobody used for so long ends. A Go duration.',
    default: storedDefaults.sessionTimeout,
  },
  'spec.maxSessionDuration': {
    description: 'A session that is so old ends, whatever it does. A Go duration.',
    default: storedDefaults.maxSessionDuration,
  },
  'spec.pauseAfter': {
    description:
      'A session without work for so long sleeps with its memory. A Go duration, or never; 30s when absent.',
  },
  'spec.suspendAfter': {
    description:
      'A session that slept so long gives its memory back and keeps its volumes. A Go duration, or never, which it is when absent.',
  },
};

const scaling: Record<string, Structural> = {
  'spec.warmPoolSize': {
    description:
      'How many started sandboxes wait for sessions; none when absent. With scaling, how many while nobody has decided.',
  },
  'spec.scaling': {
    description:
      'How many started sandboxes wait for sessions, by what comes. Without it exactly warmPoolSize.',
  },
  'spec.scaling.class': {
    description:
      'target: as few as let warmStarts of the sessions find one. kpa: as Knative would. fixed: warmPoolSize. target when absent, or kpa where annotations of autoscaling.knative.dev are.',
  },
  'spec.scaling.warmStarts': {
    description: `Of class target: which share of new sessions is to find a sandbox ready, such as "99%" or 0.99; ${scalingDefaults.warmStarts} when absent.`,
  },
  'spec.scaling.min': { description: 'Never fewer; none when absent.' },
  'spec.scaling.max': { description: 'Never more; no limit when absent.' },
  'spec.scaling.toZeroAfter': {
    description: `Of class target: without a new session for so long the pool is empty. A Go duration, or never; ${scalingDefaults.toZeroAfter} when absent.`,
  },
  'spec.scaling.schedule': {
    description: 'Of class target: when more sessions are expected than what comes would show.',
    'x-kubernetes-list-type': 'atomic',
  },
  'spec.scaling.schedule[].cron': {
    description: 'When: five fields as in crontab(5), such as "0 9 * * 1-5".',
    maxLength: 200,
  },
  'spec.scaling.schedule[].timeZone': {
    description: 'An IANA time zone such as "Europe/Berlin"; UTC when absent.',
    maxLength: 200,
  },
  'spec.scaling.schedule[].sessions': { description: 'How many new sessions come each time it strikes.' },
  'spec.scaling.dryRun': {
    description: 'Only say in the status what would be done; the pool keeps warmPoolSize.',
  },
};

const status: Record<string, Structural> = {
  status: { description: 'What the platform made of it; written by the platform alone.' },
  'status.conditions': {
    description:
      'Accepted: it is valid and served. Ready: sandboxes of it start and its pool is full. Sleeps: idle sessions give their processor back. Scaled: its pool follows what was decided.',
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['type'],
  },
  'status.conditions[].lastTransitionTime': { format: 'date-time' },
  'status.ready': { description: 'As the condition Ready.' },
  'status.observedGeneration': { description: 'The generation of the object that this status is about.' },
  'status.revision': { description: 'Names what sandboxes are made of; a new one drains the old pool.' },
  'status.warm': { description: 'Sandboxes that wait for sessions.' },
  'status.wanted': { description: 'Sandboxes that should wait for sessions.' },
  'status.scaling': { description: 'How the size of its pool came about.' },
  'status.scaling.class': { description: 'What decides: target, kpa or fixed.' },
  'status.scaling.target': { description: 'How many warm sandboxes there are to be, ready and starting.' },
  'status.scaling.wanted': {
    description: 'How many its class asks for, which a budget may cut and a dry run only says.',
  },
  'status.scaling.ready': { description: 'How many there are.' },
  'status.scaling.why': { description: 'The rule that decided last, and the numbers it was decided from.' },
  'status.scaling.dryRun': { description: 'Whether it is only said.' },
  'status.active': { description: 'Sessions whose sandbox runs or starts.' },
  'status.asleep': { description: 'Sessions that sleep, with or without memory.' },
};

const told: Record<string, Structural> = {
  status: { description: 'What the platform made of it; written by the platform alone.' },
  'status.conditions[].lastTransitionTime': { format: 'date-time' },
  'status.ready': { description: 'As the condition Ready.' },
  'status.observedGeneration': { description: 'The generation of the object that this status is about.' },
};

/** What to add to the schema of each kind, by path. */
export const described = {
  AgentRuntime: {
    spec: { description: 'An HTTP server of your own that agents run in, one instance for each session.' },
    'spec.targetPort': { description: 'The ports that requests are forwarded to.' },
    ...port('spec.targetPort'),
    'spec.podTemplate': { description: 'The pod of each session.' },
    ...template('spec.podTemplate'),
    'spec.podTemplate.spec': {
      description: 'A PodSpec; it goes to the cluster as it is. The first container is the agent.',
    },
    ...lifecycle,
    ...scaling,
    ...status,
  },
  CodeInterpreter: {
    spec: { description: 'A sandbox for code that nobody has seen before, one instance for each session.' },
    'spec.ports': { description: 'The ports that requests are forwarded to; 8080 when there is none.' },
    ...port('spec.ports'),
    'spec.template': { description: 'The sandbox of each session.' },
    ...template('spec.template'),
    'spec.template.image': { description: 'A code daemon, such as PicoD or ours.' },
    'spec.template.imagePullPolicy': { description: 'As of a container.' },
    'spec.template.imagePullSecrets': {
      description: 'As of a pod.',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
    },
    'spec.template.runtimeClassName': {
      description: 'A secure runtime of the nodes, such as kata or kuasar-vmm.',
    },
    'spec.template.environment': { description: 'Environment variables, as env of a container.' },
    'spec.template.command': {
      description: 'In place of what the image starts.',
      'x-kubernetes-list-type': 'atomic',
    },
    'spec.template.args': {
      description: 'Arguments for what is started.',
      'x-kubernetes-list-type': 'atomic',
    },
    'spec.template.resources': { description: 'As of a container.' },
    'spec.authMode': {
      description:
        'picod: requests carry a token that the daemon checks with the key in PICOD_AUTH_PUBLIC_KEY. none: they do not.',
      default: storedDefaults.authMode,
    },
    ...lifecycle,
    ...scaling,
    ...status,
  },
  Trigger: {
    spec: { description: 'Which events are handled, by which runtime, in whose session.' },
    'spec.broker': { description: `Whose events it takes; ${triggerDefaults.broker} when absent.` },
    'spec.filter': { description: 'As of a trigger of Knative; filters win over it.' },
    'spec.filter.attributes': {
      description: 'Each attribute has exactly this value; an empty one stands for any that is there.',
    },
    'spec.filters': {
      description:
        'An event has to pass all of them: exact, prefix, suffix, all, any, not or cesql. Without any it takes every event, or with a schedule its own ticks.',
    },
    'spec.target': { description: 'Where its events go.' },
    'spec.target.path': { description: `The path of the request; ${triggerDefaults.path} when absent.` },
    'spec.session': { description: 'Which session handles an event.' },
    'spec.session.key': {
      description:
        'new, for one of its own; the name of an attribute, such as subject; or a template, such as {source}/{subject}. The same key is the same session. new when absent.',
      maxLength: 1_024,
    },
    'spec.session.whenEnded': {
      description: 'What becomes of an event whose session has ended; new when absent.',
    },
    'spec.delivery': { description: 'How events are delivered, as with Knative.' },
    'spec.delivery.retry': {
      description: `How often an event is tried again; ${triggerDefaults.retry} when absent.`,
    },
    'spec.delivery.backoffPolicy': {
      description: `How the time between tries grows; ${triggerDefaults.backoffPolicy} when absent.`,
    },
    'spec.delivery.backoffDelay': {
      description: `The time before the second try: ISO 8601 or Go; ${triggerDefaults.backoffDelay} when absent.`,
    },
    'spec.delivery.timeout': {
      description: `How long the target may take to answer; ${triggerDefaults.timeout} when absent.`,
    },
    'spec.delivery.retryAfterMax': {
      description: `The longest that Retry-After is honoured; PT0S for not at all, ${triggerDefaults.retryAfterMax} when absent.`,
    },
    'spec.delivery.deadLetterSink': {
      description:
        'Where an event goes that no try delivered: uri, or ref to a Broker, AgentRuntime or CodeInterpreter. Without it, to the queue of dead letters.',
    },
    'spec.delivery.ordered': {
      description: 'Events of one session one after the other, as they came; true when absent.',
    },
    'spec.delivery.concurrency': {
      description: `The most events of it in hand at once, for each activator; ${triggerDefaults.concurrency} when absent.`,
    },
    'spec.delivery.dropRepeatsWithin': {
      description:
        'Events with the same source and id within so long are taken once; each counts when absent.',
    },
    'spec.schedule': { description: 'When it makes events by itself.' },
    'spec.schedule.cron': {
      description: 'When: five fields as in crontab(5), such as "0 3 * * 1-5".',
      maxLength: 200,
    },
    'spec.schedule.timeZone': {
      description: 'An IANA time zone such as "Europe/Berlin"; UTC when absent.',
      maxLength: 200,
    },
    'spec.schedule.jitter': { description: 'Each tick comes up to so much later; not at all when absent.' },
    'spec.schedule.event': { description: 'Attributes of the event of each tick: type at least.' },
    'spec.schedule.data': {
      description: 'Its data, as JSON.',
      'x-kubernetes-preserve-unknown-fields': true,
    },
    ...told,
    'status.conditions': {
      description:
        'Accepted: it is valid. Ready: its target is deployed. LoopFree: nothing says that its events come round.',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['type'],
    },
  },
} as const satisfies Record<string, Record<string, Structural>>;
