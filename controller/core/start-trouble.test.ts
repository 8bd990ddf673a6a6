import { expect, test } from '@jest/globals';
import { troubleReason } from './start-trouble.ts';

test.each([
  ['ImagePullBackOff: container agent: Back-off pulling image "nope:1"', 'ImagePullBackOff'],
  ['ErrImageNeverPull: container agent: not present', 'ErrImageNeverPull'],
  ['CrashLoopBackOff: container agent: it ended with exit code 1', 'CrashLoopBackOff'],
  ['InvalidPod: Pod "a" is invalid', 'InvalidPod'],
  ['container agent waits: ErrImagePull: no such host', 'ErrImagePull'],
  ['pods "a" is forbidden: exceeded quota: small, requested: pods=1', 'QuotaExceeded'],
  ['pods "a" is forbidden: violates PodSecurity "restricted:latest"', 'AdmissionDenied'],
  ['admission webhook "policy.example.com" denied the request', 'AdmissionDenied'],
  ['0/3 nodes are available: 3 Insufficient memory', 'Unschedulable'],
  ['out of memory (limit 128Mi)', 'OutOfMemory'],
  ['exit code 3; it wrote: broken', 'Crashed'],
  ['killed by SIGSEGV', 'Crashed'],
  ['not ready after 120 s: nothing listens on port 8080', 'NotReady'],
  ['the node agent at http://10.0.0.1:8090 does not answer (connect ECONNREFUSED)', 'NodeAgentUnreachable'],
  ['the API server of the cluster cannot be reached (connect ECONNREFUSED)', 'ClusterUnavailable'],
  ['its pod was deleted', 'PoolShort'],
  ['the sandbox: it did not start', 'PoolShort'],
])('%s is told as %s', (words, reason) => {
  expect(troubleReason(words, 'PoolShort')).toBe(reason);
});
