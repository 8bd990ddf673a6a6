// What a chaos run of events deploys: the agent that writes down what it handled, and the trigger that hands it each event in the
// session of its subject, in order.
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import type { Door } from '../client.ts';
import { ask } from '../request.ts';
import type { Deployment } from '../stage.ts';

const source = path.join(import.meta.dirname, 'agent');
const name = 'handler';

export const triggerName = 'handle';
/** Events of this subject are no part of the run. */
export const firstSubject = 'first';

const runtime = {
  apiVersion: 'runtime.agentcube.volcano.sh/v1alpha1',
  kind: 'AgentRuntime',
  metadata: { name },
  spec: {
    targetPort: [{ pathPrefix: '/', port: 8080, protocol: 'HTTP' }],
    podTemplate: {
      spec: {
        containers: [
          {
            name,
            image: name,
            readinessProbe: { httpGet: { path: '/health', port: 8080 }, periodSeconds: 1 },
          },
        ],
      },
    },
    warmPoolSize: 2,
    pauseAfter: '2s',
    sessionTimeout: '2h',
    maxSessionDuration: '8h',
  },
};

/** Patient enough that an event is given up only when its target refuses it, or is killed again and again. */
const trigger = {
  apiVersion: 'eventing.agentcube.volcano.sh/v1alpha1',
  kind: 'Trigger',
  metadata: { name: triggerName },
  spec: {
    target: { kind: 'AgentRuntime', name, path: '/events' },
    session: { key: 'subject', whenEnded: 'new' },
    delivery: { retry: 10, backoffDelay: 'PT0.2S', timeout: 'PT20S' },
  },
};

/** As plain JavaScript, so that hundreds of starts need no more of the processors than they must. */
function writeAgent(folder: string): void {
  mkdirSync(folder, { recursive: true });
  copyFileSync(path.join(source, 'package.json'), path.join(folder, 'package.json'));
  const code = stripTypeScriptTypes(readFileSync(path.join(source, 'agent.ts'), 'utf8'));
  writeFileSync(path.join(folder, 'agent.js'), code);
}

function write(folder: string): void {
  mkdirSync(folder, { recursive: true });
  const agent = path.join(path.dirname(folder), 'agent');
  writeAgent(agent);
  const files = {
    'images.yaml': { images: [{ name, folder: agent, command: ['node', '/app/agent.js'] }] },
    'runtime.yaml': runtime,
    'trigger.yaml': trigger,
  };
  for (const [file, content] of Object.entries(files))
    writeFileSync(path.join(folder, file), stringify(content));
}

export const brokerUrl = ({ url }: Door): string => `${url}/v1/namespaces/default/events`;

export const binaryHeaders = (id: string, subject: string): Record<string, string> => ({
  'ce-specversion': '1.0',
  'ce-source': '/chaos',
  'ce-type': 'com.example.chaos',
  'ce-id': id,
  'ce-subject': subject,
  'content-type': 'application/json',
});

const servedWithinMs = 120_000;
const patienceMs = 30_000;

/** Resolves when this activator takes events for the trigger. */
async function untilTaken(activator: Door): Promise<void> {
  const headers = binaryHeaders('0', firstSubject);
  for (const end = Date.now() + servedWithinMs; ; await sleep(200)) {
    const asked = { method: 'POST', url: brokerUrl(activator), headers, body: '{}', patienceMs } as const;
    const { result } = await ask(asked, 'accepted');
    if (result.kind === 'answer' && result.deliveries === 1) return;
    if (Date.now() > end) throw new Error(`${activator.name} takes no events: ${JSON.stringify(result)}`);
  }
}

export const handlingAgents: Deployment = {
  write,
  untilServed: async (activators) => void (await Promise.all(activators.map(untilTaken))),
};
