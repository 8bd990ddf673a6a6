// Request lines and what they mean; the memory for targets changes nothing but the time it takes.
import { describe, expect, test } from '@jest/globals';
import { createRouter, parseRoute } from './route.ts';

const echo = '/v1/namespaces/default/agent-runtimes/echo/invocations';

/** kind namespace/name path query, or the kind alone. */
function shown(method: string, url: string): string {
  const routed = parseRoute(method, url);
  if (routed.kind === 'invoke') return `${routed.target.text} ${routed.path} ${routed.query}`.trimEnd();
  if (routed.kind === 'events') return `${routed.kind} ${routed.namespace} ${routed.broker}`;
  if (routed.kind === 'redirect') return `${routed.status} ${routed.location}`;
  return routed.kind;
}

describe('parseRoute', () => {
  test.each([
    ['GET', `${echo}/`, 'AgentRuntime/default/echo /'],
    ['POST', `${echo}/run?a=1&b=%20`, 'AgentRuntime/default/echo /run ?a=1&b=%20'],
    [
      'PATCH',
      '/v1/namespaces/n/code-interpreters/c/invocations/api/execute',
      'CodeInterpreter/n/c /api/execute',
    ],
    ['GET', `${echo}/a%2Fb`, 'AgentRuntime/default/echo /a/b'],
    ['GET', `${echo}/a%20(b)`, 'AgentRuntime/default/echo /a%20%28b%29'],
    ['GET', `${echo}/%ff`, 'AgentRuntime/default/echo /%FF'],
    ['GET', `${echo}/invocations/x`, 'AgentRuntime/default/echo /invocations/x'],
    ['GET', `${echo}/?next=/invocations/`, 'AgentRuntime/default/echo / ?next=/invocations/'],
    [
      'GET',
      '/v1/namespaces/invocations/agent-runtimes/invocations/invocations/',
      'AgentRuntime/invocations/invocations /',
    ],
    ['GET', '/v1/namespaces/default/agent%2Druntimes/echo/invocations/', 'AgentRuntime/default/echo /'],
    ['GET', '/v1/namespaces/%C3%A9/agent-runtimes/echo/invocations/', 'AgentRuntime/é/echo /'],
    ['POST', '/v1/namespaces/team-a/events', 'events team-a default'],
    ['OPTIONS', '/v1/namespaces/team-a/events?access_token=x', 'events team-a default'],
    ['POST', '/v1/namespaces/team-a/brokers/nightly', 'events team-a nightly'],
    ['POST', '/v1/namespaces/team%2Da/brokers/%C3%A9', 'events team-a é'],
    ['POST', 'http://any.host:81/v1/namespaces/team-a/events', 'events team-a default'],
    ['POST', '/v1/namespaces/team-a/events/', 'unknown'],
    ['POST', '/v1/namespaces/team-a/brokers', 'unknown'],
    ['POST', '/v1/namespaces/team-a%2Fb/events', 'unknown'],
    ['POST', '/v1/namespaces//events', 'unknown'],
    ['GET', `http://any.host:81${echo}/x`, 'AgentRuntime/default/echo /x'],
    ['GET', echo, `301 ${echo}/`],
    ['DELETE', `${echo}?q`, `307 ${echo}/?q`],
    ['GET', '/health/live', 'live'],
    ['GET', '/health/ready?x', 'ready'],
    ['HEAD', '/health/ready', 'unknown'],
    ['GET', '/health/live/', '301 /health/live'],
    ['GET', '/v1/namespaces/a%2Fb/agent-runtimes/echo/invocations/', 'unknown'],
    ['GET', '/v1/namespaces//agent-runtimes/echo/invocations/', 'unknown'],
    ['GET', '/v2/namespaces/a/agent-runtimes/echo/invocations/', 'unknown'],
    ['OPTIONS', '*', 'unknown'],
    ['GET', `${echo}/%4`, 'malformed'],
    ['GET', '/%', 'malformed'],
  ])('%s %s: %s', (method, url, meaning) => expect(shown(method, url)).toBe(meaning));
});

describe('createRouter', () => {
  const urls = [
    `${echo}/`,
    `${echo}/x?y`,
    `${echo}/%2F`,
    `${echo}/(x)`,
    echo,
    '/v1/namespaces/default/agent-runtimes/other/invocations/invocations/x',
    '/v1/namespaces/invocations/agent-runtimes/invocations/invocations/x',
    '/v1/namespaces/default%2Fagent-runtimes/agent-runtimes/echo/invocations/',
    '/v1/namespaces/default/agent-runtimes%2Fecho/invocations/x',
    '/health/live',
  ];

  test.each([1, 100])('means the same as without a memory, with room for %i', (capacity) => {
    const route = createRouter(capacity);
    for (const url of [...urls, ...urls, ...urls.toReversed()])
      expect(route('GET', url)).toEqual(parseRoute('GET', url));
  });

  test('remembers targets, so that they need not be made again', () => {
    const route = createRouter(10);
    const [first, second] = [route('GET', `${echo}/a`), route('GET', `${echo}/b`)];
    if (first.kind !== 'invoke' || second.kind !== 'invoke') throw new Error('not routed');
    expect(second.target).toBe(first.target);
  });
});
