import { describe, expect, test } from '@jest/globals';
import type { Container } from './container.ts';
import { keepsAwake } from './keeps-awake.ts';

const container = (name: string, more: Partial<Container> = {}): Container => ({ name, image: 'i', ...more });
const probed = { livenessProbe: { tcpSocket: { port: 1 } } };

describe('what keeps a pod awake', () => {
  test('nothing, where no container would be restarted for being silent', () => {
    const quiet = container('a', {
      readinessProbe: probed.livenessProbe,
      startupProbe: probed.livenessProbe,
    });
    expect(keepsAwake({ containers: [quiet] })).toEqual([]);
  });

  test('the liveness probe of any container', () => {
    const containers = [container('a', probed), container('b'), container('c', probed)];
    expect(keepsAwake({ containers })).toEqual([
      'liveness probe of container a',
      'liveness probe of container c',
    ]);
  });

  test('that of an init container only when it goes on running beside them', () => {
    const initContainers = [
      container('once', probed),
      container('beside', { ...probed, restartPolicy: 'Always' }),
    ];
    expect(keepsAwake({ containers: [container('a')], initContainers })).toEqual([
      'liveness probe of container beside',
    ]);
  });
});
