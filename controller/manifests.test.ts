import { describe, expect, test } from '@jest/globals';
import { workloadOf } from '../model/workload.ts';
import { duplicates, formatProblem, placedIn, readManifests } from './manifests.ts';

const seedInterpreter = `apiVersion: runtime.agentcube.volcano.sh/v1alpha1
kind: CodeInterpreter
metadata:
  name: my-codeinterpreter
  namespace: default
spec:
  template:
    # runtimeClassName: kata     # or kuasar-vmm, where nodes have a secure runtime
    image: registry.example.com/container/picod:latest   # shell and Python only
    resources:
      requests: { cpu: 100m, memory: 128Mi }
      limits: { cpu: 500m, memory: 512Mi }
  sessionTimeout: 15m
  maxSessionDuration: 8h
  warmPoolSize: 5
`;

const seedAgent = `apiVersion: runtime.agentcube.volcano.sh/v1alpha1
kind: AgentRuntime
metadata:
  name: my-agent-app
  namespace: default
spec:
  targetPort:
    - { pathPrefix: /, port: 8080, protocol: HTTP }
  podTemplate:
    labels: { app: my-agent-app }
    spec:
      schedulerName: default-scheduler     # agent-scheduler where the Volcano agent scheduler is installed
      containers:
        - name: my-agent-app
          image: "hello-agent:latest"
          env:
            - { name: WORKLOAD_MANAGER_URL, value: "http://workloadmanager.agentcube.svc.cluster.local:8080" }
            - { name: ROUTER_URL, value: "http://agentcube-router.agentcube.svc.cluster.local:8080" }
            - { name: CODEINTERPRETER_NAME, value: my-codeinterpreter }
            - { name: CODEINTERPRETER_NAMESPACE, value: default }
          readinessProbe: { httpGet: { path: /health, port: 8080 }, periodSeconds: 5 }
  sessionTimeout: 15m
  maxSessionDuration: 8h
status: {}
`;

/** In the manner of AgentCube's own end-to-end tests. */
const echoAgent = `apiVersion: runtime.agentcube.volcano.sh/v1alpha1
kind: AgentRuntime
metadata:
  name: echo-agent
  namespace: agentcube
spec:
  targetPort:
    - pathPrefix: "/echo"
      port: 8080
      protocol: "HTTP"
  podTemplate:
    labels:
      app: echo-agent
    spec:
      containers:
        - name: echo-server
          image: python:3.9-slim
          ports:
            - containerPort: 8080
              protocol: TCP
          readinessProbe:
            httpGet:
              path: /echo
              port: 8080
            initialDelaySeconds: 5
            timeoutSeconds: 3
            failureThreshold: 3
          livenessProbe:
            tcpSocket:
              port: 8080
          command: ["python3", "-c"]
          args:
            - |
              import http.server
              print("ready")
  sessionTimeout: "15m"
  maxSessionDuration: "8h"
status: {}

`;

const lines = (text: string): string[] => readManifests('f.yaml', text).problems.map(formatProblem);

describe('files that AgentCube takes', () => {
  test('the code interpreter with a warm pool', () => {
    const { runtimes, problems } = readManifests('f.yaml', seedInterpreter);
    expect(problems).toEqual([]);
    expect(runtimes.map(({ runtime }) => workloadOf(runtime))).toMatchObject([
      {
        kind: 'CodeInterpreter',
        name: 'my-codeinterpreter',
        container: { image: 'registry.example.com/container/picod:latest' },
        limits: { cpus: 0.5, memoryBytes: 536_870_912 },
        warmPoolSize: 5,
        authMode: 'picod',
        notHonouredLocally: [],
      },
    ]);
  });

  test('the agent with a readiness probe', () => {
    const { runtimes, problems } = readManifests('f.yaml', seedAgent);
    expect(problems).toEqual([]);
    expect(runtimes.map(({ runtime }) => workloadOf(runtime))).toMatchObject([
      {
        kind: 'AgentRuntime',
        name: 'my-agent-app',
        labels: { app: 'my-agent-app' },
        readiness: { kind: 'http', path: '/health', port: 8080, periodMs: 5000 },
        notHonouredLocally: [],
      },
    ]);
    expect(runtimes[0]?.runtime.spec).toMatchObject({ sessionTimeout: '15m', maxSessionDuration: '8h' });
  });

  test('an agent whose program is in the file', () => {
    const { runtimes, problems } = readManifests('f.yaml', echoAgent);
    expect(problems).toEqual([]);
    expect(runtimes.map(({ runtime }) => workloadOf(runtime))).toMatchObject([
      {
        namespace: 'agentcube',
        container: { command: ['python3', '-c'], args: ['import http.server\nprint("ready")\n'] },
        ports: [{ path: '/echo', port: 8080, protocol: 'HTTP' }],
        notHonouredLocally: ['spec.podTemplate.spec.containers[0].livenessProbe'],
      },
    ]);
  });

  test('come back as they were given', () => {
    const [found] = readManifests('f.yaml', seedAgent).runtimes;
    const again = readManifests('f.json', JSON.stringify(found?.runtime));
    expect(again).toEqual({ runtimes: [{ runtime: found?.runtime, line: 1 }], triggers: [], problems: [] });
  });
});

describe('one file', () => {
  test('may hold several documents; empty ones count for nothing', () => {
    const text = `---\n# nothing here\n---\n${seedInterpreter}---\n${seedAgent}---\n`;
    const { runtimes, problems } = readManifests('f.yaml', text);
    expect(problems).toEqual([]);
    expect(runtimes.map(({ runtime, line }) => [runtime.metadata.name, line])).toEqual([
      ['my-codeinterpreter', 4],
      ['my-agent-app', 20],
    ]);
  });

  test.each(['', '\n\n', '# only a comment\n', '---\n---\n', 'null\n'])('may be empty: %j', (text) => {
    expect(readManifests('f.yaml', text)).toEqual({ runtimes: [], triggers: [], problems: [] });
  });

  test('may be a List', () => {
    const item = seedInterpreter.replaceAll('\n', '\n    ').trim();
    const text = `apiVersion: v1\nkind: List\nitems:\n  - ${item}\n  - kind: Pod\n    apiVersion: v1\n`;
    const { runtimes, problems } = readManifests('f.yaml', text);
    expect(runtimes.map(({ runtime, line }) => [runtime.metadata.name, line])).toEqual([
      ['my-codeinterpreter', 4],
    ]);
    expect(problems.map(({ path, line }) => [path, line])).toEqual([
      ['kind', 19],
      ['apiVersion', 20],
    ]);
    expect(lines('apiVersion: v1\nkind: List\nitems: 5\n')).toEqual([
      'f.yaml:3: items: got the number 5 (expected a list)',
    ]);
    expect(readManifests('f.yaml', 'apiVersion: v1\nkind: List\n')).toEqual({
      runtimes: [],
      triggers: [],
      problems: [],
    });
  });

  test('may share values by anchors and merge keys', () => {
    const text = seedInterpreter
      .replace('requests: {', 'requests: &few {')
      .replace(/limits: .*/, 'limits: { <<: *few }');
    const { runtimes, problems } = readManifests('f.yaml', text);
    expect(problems).toEqual([]);
    expect(runtimes[0]?.runtime.spec).toMatchObject({ template: { resources: { limits: { cpu: '100m' } } } });
  });
});

describe('a problem in a file', () => {
  test('is told with file, line, path and what was expected; all at once, in order', () => {
    const text = seedAgent
      .replace('my-agent-app', 'My_Agent')
      .replace('targetPort:', 'ports:')
      .replace('image:', 'imag:')
      .replace('periodSeconds: 5', 'periodSeconds: soon')
      .replace('sessionTimeout: 15m', 'sessionTimeout: 15');
    const found = readManifests('apps/agent.yaml', text);
    expect(found.runtimes).toEqual([]);
    expect(found.problems.map(formatProblem)).toEqual([
      'apps/agent.yaml:4: metadata.name: got "My_Agent" (expected a name of at most 253 lower case letters, digits, "-" and ".", that starts and ends with a letter or digit)',
      'apps/agent.yaml:6: spec.targetPort: is missing (expected a list of at least one port)',
      'apps/agent.yaml:7: spec.ports: unknown field "spec.ports", did you mean "targetPort"? (expected targetPort)',
      'apps/agent.yaml:14: spec.podTemplate.spec.containers[0].image: is missing (expected the name of an image)',
      'apps/agent.yaml:15: spec.podTemplate.spec.containers[0].imag: unknown field "spec.podTemplate.spec.containers[0].imag", did you mean "image"? (expected image)',
      'apps/agent.yaml:21: spec.podTemplate.spec.containers[0].readinessProbe.periodSeconds: got "soon" (expected a whole number of seconds, 0 or more)',
      'apps/agent.yaml:22: spec.sessionTimeout: got the number 15 (expected a Go duration such as "15m" or "1h30m", not negative)',
    ]);
  });

  test('in one document leaves the others', () => {
    const { runtimes, problems } = readManifests('f.yaml', `kind: Pod\n---\n${seedInterpreter}`);
    expect(runtimes.map(({ line }) => line)).toEqual([3]);
    expect(problems.map(({ path, line }) => [path, line])).toEqual([
      ['apiVersion', 1],
      ['kind', 1],
    ]);
  });

  test('of syntax has its line and column', () => {
    expect(lines(`${seedInterpreter}  key: [1\nother: }\n`)).toEqual([
      expect.stringMatching(/^f\.yaml:17: .* \(line 17, column 1\) \(expected YAML\)$/),
      expect.stringMatching(/^f\.yaml:17: .* \(line 17, column 8\) \(expected YAML\)$/),
    ]);
    expect(lines('kind: a\nkind: b\n')).toEqual([
      'f.yaml:2: Map keys must be unique (line 2, column 1) (expected YAML)',
    ]);
  });

  test('of anchors is told, not thrown', () => {
    expect(lines('a: *nobody\n')).toEqual([expect.stringContaining('nobody')]);
    const bomb = Array.from(
      { length: 12 },
      (_, n) => `a${n}: &a${n} [${n === 0 ? 'x' : `*a${n - 1},`.repeat(9)}]`,
    );
    expect(lines(`${bomb.join('\n')}\n`)).toEqual([expect.stringContaining('alias')]);
  });

  test('is at the place that uses an anchor', () => {
    const text = seedInterpreter
      .replace('requests: {', 'requests: &few {')
      .replace(/limits: .*/, 'limits: *few')
      .replace('128Mi', 'lots');
    expect(readManifests('f.yaml', text).problems.map(({ path, line }) => [path, line])).toEqual([
      ['spec.template.resources.requests.memory', 11],
      ['spec.template.resources.limits.memory', 12],
    ]);
  });
});

describe('a trigger', () => {
  const text = `${seedInterpreter}---
apiVersion: eventing.agentcube.volcano.sh/v1alpha1
kind: Trigger
metadata: { name: my-codeinterpreter }
spec:
  target: { kind: CodeInterpreter, name: my-codeinterpreter }
  filters:
    - exact: { type: a }
    - cesql: type LIKE 'a%'
`;

  test('may stand beside runtimes, with a name of theirs', () => {
    const { runtimes, triggers, problems } = readManifests('f.yaml', text);
    expect([runtimes.length, problems]).toEqual([1, []]);
    expect(triggers).toMatchObject([
      { trigger: { metadata: { name: 'my-codeinterpreter', namespace: 'default' } } },
    ]);
  });

  test('says in which line a filter is wrong', () => {
    const { triggers, problems } = readManifests('f.yaml', text.replace("'a%'", "'a%' AD x"));
    expect(triggers).toEqual([]);
    expect(problems.map(formatProblem)).toEqual([
      'f.yaml:24: spec.filters[1].cesql: line 1, column 16: got "AD" (expected an operator or the end)',
    ]);
  });

  test('twice is a problem of the second', () => {
    const [, trigger = ''] = text.split('---\n');
    const { problems } = readManifests('f.yaml', `${trigger}---\n${trigger}`);
    expect(problems).toMatchObject([{ path: 'metadata.name', line: 10 }]);
  });
});

describe('a name that is used twice', () => {
  test('in one file is a problem of the second', () => {
    const { runtimes, problems } = readManifests('f.yaml', `${seedInterpreter}---\n${seedInterpreter}`);
    expect(runtimes).toHaveLength(2);
    expect(problems.map(formatProblem)).toEqual([
      'f.yaml:17: metadata.name: CodeInterpreter/default/my-codeinterpreter is already defined at f.yaml:1 (expected a name that no other of the kind has)',
    ]);
  });

  test('by two kinds, or in two namespaces, is none', () => {
    const elsewhere = seedInterpreter.replace('namespace: default', 'namespace: other');
    const agent = seedAgent.replace('name: my-agent-app', 'name: my-codeinterpreter');
    expect(lines(`${seedInterpreter}---\n${elsewhere}---\n${agent}`)).toEqual([]);
  });

  test('in two files is found by whoever reads them all', () => {
    const found = ['a.yaml', 'b.yaml'].flatMap((file) => placedIn(file, readManifests(file, seedAgent)));
    expect(duplicates(found)).toMatchObject([{ file: 'b.yaml', line: 1, path: 'metadata.name' }]);
  });
});
