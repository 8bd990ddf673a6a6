// Triggers as people who know kubectl meet them: who may edit a namespace applies one, its status tells what became of it, and its
// events reach an agent in a pod, wake it, or are there to be looked at when the agent did not take them.
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { call, callOk, sessionHeader, type Answer } from '../support/client.ts';
import {
  deadLettersOf,
  deadLettersUrl,
  lookAtDeliveries,
  type Delivery,
  type Looking,
} from '../support/deliveries.ts';
import { apply, command, eventually, find, kubectl, namespaceFor, type KubeObject } from './kubectl.ts';
import { program } from './machine/places.ts';
import { addresses, type Addresses } from './operator.ts';

jest.setTimeout(120_000);

const namespace = 'test-triggers';

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

interface Trigger extends KubeObject {
  readonly status?: { readonly conditions?: readonly Condition[] };
}

interface Session extends KubeObject {
  readonly status: { readonly state: string };
}

/** Answers 200 to a prompt and counts it in its memory, and 400 to anything else. */
const agent = {
  apiVersion: 'runtime.agentcube.volcano.sh/v1alpha1',
  kind: 'AgentRuntime',
  metadata: { name: 'triage', namespace },
  spec: {
    pauseAfter: '1s',
    targetPort: [{ pathPrefix: '/', port: 8080 }],
    podTemplate: {
      spec: {
        terminationGracePeriodSeconds: 1,
        containers: [{ name: 'agent', image: 'agentcube/hello-agent:dev', imagePullPolicy: 'IfNotPresent' }],
      },
    },
  },
};

const trigger = (name: string, spec: object = {}): object => ({
  apiVersion: 'eventing.agentcube.volcano.sh/v1alpha1',
  kind: 'Trigger',
  metadata: { name, namespace },
  spec: {
    filters: [{ cesql: `type LIKE 'test.%' AND EXISTS subject` }],
    target: { kind: 'AgentRuntime', name: 'triage' },
    session: { key: 'subject' },
    ...spec,
  },
});

/** What `kubectl` says to this user, who has the rights of the cluster's role of that name. */
const as = (user: string, words: readonly string[], input?: object): Promise<string> =>
  command(program('kubectl'), [...words, '-n', namespace, `--as=${user}`], input && JSON.stringify(input));

const role = (name: string): object => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'RoleBinding',
  metadata: { name, namespace },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
  subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: `who-${name}s` }],
});

let at: Addresses;
let space: Awaited<ReturnType<typeof namespaceFor>>;
let deliveries: Looking;

/** Sends it, again while the activator that got it does not know the trigger yet. */
async function send(subject: string, id: string, data: object = { prompt: subject }): Promise<void> {
  const post = (): Promise<Answer> =>
    call('POST', `${at.activatorUrl}/v1/namespaces/${namespace}/events`, {
      body: data,
      headers: {
        ...{ 'ce-specversion': '1.0', 'ce-source': '/cluster', 'ce-type': 'test.happened' },
        ...{ 'ce-id': id, 'ce-subject': subject },
      },
    });
  const answer = await eventually(
    'it is taken',
    post,
    ({ headers }) => headers.get('x-agentcube-deliveries') === '1',
  );
  expect(answer.status).toBe(202);
}

const tried = (id: string, result: string): Promise<Delivery | undefined> =>
  eventually(
    `${id} ${result}`,
    async () => deliveries.last(id),
    (one) => one?.result === result,
  );

const turnsOf = async (session: string): Promise<number> => {
  const url = `${at.activatorUrl}/v1/namespaces/${namespace}/agent-runtimes/triage/invocations/`;
  return (await callOk<{ turns: number }>('GET', url, { headers: { [sessionHeader]: session } })).turns;
};

const asleep = (session: string): Promise<Session | undefined> =>
  eventually(
    'it sleeps',
    () => find<Session>('session', session, namespace),
    (one) => one?.status.state === 'paused',
  );

async function condition(name: string, type: string, reason: string): Promise<Condition | undefined> {
  const read = async (): Promise<Condition | undefined> =>
    (await find<Trigger>('actrigger', name, namespace))?.status?.conditions?.find((one) => one.type === type);
  return eventually(`${name} ${reason}`, read, (one) => one?.reason === reason);
}

beforeAll(async () => {
  at = await addresses();
  space = await namespaceFor(namespace);
  await apply({ apiVersion: 'v1', kind: 'List', items: [agent, role('edit'), role('view')] });
  deliveries = await lookAtDeliveries(at.controlUrl, namespace);
});
afterAll(async () => {
  deliveries?.stop();
  await space?.remove();
});

describe('a trigger', () => {
  test('is applied by who may edit the namespace, and looked at by who may view it', async () => {
    const applied = await as('who-edits', ['apply', '-f', '-'], trigger('by-subject'));
    expect(applied).toBe('trigger.eventing.agentcube.volcano.sh/by-subject created\n');
    await kubectl('wait', 'actrigger/by-subject', '-n', namespace, '--for=condition=Ready', '--timeout=30s');
    const table = await as('who-views', ['get', 'actrigger', 'by-subject', '-o', 'wide']);
    expect(table.replaceAll(/ +/g, ' ').replace(/\d+s/, 'AGE')).toBe(
      'NAME BROKER TARGET READY AGE SCHEDULE REASON MESSAGE\n' +
        `by-subject triage True AGE TargetDeployed its events go to AgentRuntime/${namespace}/triage\n`,
    );
    await expect(as('who-views', ['delete', 'actrigger', 'by-subject'])).rejects.toThrow('forbidden');
  });

  test('that says what the schema forbids is refused by the API server', async () => {
    const refused = apply(trigger('refused', { delivery: { retry: -1 } }));
    await expect(refused).rejects.toThrow('spec.delivery.retry');
  });

  test('that only its reader can tell to be wrong says so in its status, with the place', async () => {
    await apply(trigger('misspelt', { filters: [{ cesql: `type = 'test.a' AD TRUE` }] }));
    const { status, message } = (await condition('misspelt', 'Accepted', 'Invalid')) ?? {};
    expect(status).toBe('False');
    expect(message).toMatch(/^spec\.filters\[0\]\.cesql: line 1, column 17: got "AD"/);
  });

  test('whose target is not there says so, and is ready once it is', async () => {
    const target = { kind: 'AgentRuntime', name: 'late' };
    await apply(trigger('waits', { broker: 'other', target }));
    expect(await condition('waits', 'Ready', 'NoSuchTarget')).toMatchObject({ status: 'False' });
    await apply({ ...agent, metadata: { name: 'late', namespace } });
    expect(await condition('waits', 'Ready', 'TargetDeployed')).toMatchObject({ status: 'True' });
  });
});

describe('an event', () => {
  test('opens a session with a pod; the next one of its subject wakes it, with its memory', async () => {
    await send('issue/1', 'first');
    const first = await tried('first', 'delivered');
    const session = first?.sessionId ?? '';
    await asleep(session);
    await send('issue/1', 'second');
    expect(await tried('second', 'delivered')).toMatchObject({
      trigger: 'by-subject',
      status: 200,
      sessionId: session,
    });
    expect(await turnsOf(session)).toBe(2);
  });

  test('that its agent refuses is a dead letter: shown, tried again, dropped', async () => {
    const listed = () => deadLettersOf(at.controlUrl, namespace, 'by-subject');
    await send('issue/2', 'refused', { no: 'prompt' });
    await tried('refused', 'givenUp');
    const [letter] = await eventually('the dead letter', listed, ({ length }) => length === 1);
    expect(letter).toMatchObject({ event: { id: 'refused' }, error: { code: 400 } });

    const letters = deadLettersUrl(at.controlUrl, namespace);
    expect(await callOk('POST', `${letters}/${letter?.id}/replay`)).toEqual({ replayed: 1 });
    const again = await eventually(
      'it is back',
      listed,
      ([one]) => one !== undefined && one.id !== letter?.id,
    );
    await call('DELETE', `${letters}/${again[0]?.id}`);
    expect(await listed()).toEqual([]);
  });
});
