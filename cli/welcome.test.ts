import { describe, expect, test } from '@jest/globals';
import {
  deployedText,
  painter,
  problemsText,
  startedText,
  tryNextText,
  type StartedFacts,
} from './welcome.ts';

const plain = painter(false);
const facts: StartedFacts = {
  version: '0.1.0',
  controlUrl: 'http://127.0.0.1:8080',
  activatorUrl: 'http://127.0.0.1:8081',
  dataDir: '/var/lib/agentcube',
  kubeconfig: '/var/lib/agentcube/kubeconfig',
  tier: 'bubblewrap',
  lacks: ['no disk quota'],
  recovered: { sessions: 0, warm: 0, lost: 0 },
};
const agent = {
  kind: 'AgentRuntime',
  namespace: 'default',
  name: 'hello-agent',
  what: 'created',
  warnings: [],
};

describe('what a person sees at the start', () => {
  test('where things are, how sandboxes are kept apart and what is lacking', () => {
    const text = startedText(facts, plain);
    for (const part of ['8080', '8081', 'bubblewrap', 'without: no disk quota', '/var/lib/agentcube']) {
      expect(text).toContain(part);
    }
    expect(text).not.toContain('found again');
  });

  test.each([
    [{ sessions: 1, warm: 1, lost: 0 }, 'found again 1 session, 1 warm sandbox'],
    [{ sessions: 2, warm: 5, lost: 1 }, 'found again 3 sessions (1 without its memory), 5 warm sandboxes'],
  ])('what was found again: %j', (recovered, line) =>
    expect(startedText({ ...facts, recovered }, plain)).toContain(line),
  );

  test('each runtime with what became of it and its warnings', () => {
    const text = deployedText('examples', [{ ...agent, warnings: ['nodeSelector has no effect'] }], plain);
    expect(text).toMatch(/AgentRuntime default\/hello-agent +created\n +warning: nodeSelector has no effect/);
  });

  test('problems are counted and none is left out', () => {
    expect(problemsText(['a', 'b'], plain)).toBe(
      '  2 problems; what runs already stays as it is\n    a\n    b',
    );
  });

  test('lines to try name the agent; without it only how to stop', () => {
    expect(tryNextText(facts, [agent], plain)).toContain(
      'AGENT=http://127.0.0.1:8081/v1/namespaces/default/agent-runtimes/hello-agent/invocations/',
    );
    expect(tryNextText(facts, [agent], plain)).toContain('curl http://127.0.0.1:8080/v1/pools');
    expect(tryNextText(facts, [], plain)).toBe('  Ctrl-C stops everything; sessions keep their files.');
  });
});

test('colour only where it is wanted', () => {
  expect(painter(true)('bold', 'x')).not.toBe('x');
  expect(plain('bold', 'x')).toBe('x');
});
