import { expect, test } from '@jest/globals';
import { troubleReason } from './start-trouble.ts';

test.each([
  ['ImagePullBackOff: Back-off pulling image "nope:1"', 'ImagePullBackOff'],
  ['container agent: ErrImageNeverPull', 'ErrImagePull'],
  ['CrashLoopBackOff: container agent ended with exit code 1', 'CrashLoopBackOff'],
  ['CreateContainerConfigError: secret "x" not found', 'CreateContainerConfigError'],
  ['RunContainerError: no such file', 'CreateContainerError'],
  ['pods "a" is forbidden: exceeded quota: small, requested: pods=1', 'QuotaExceeded'],
  ['pods "a" is forbidden: violates PodSecurity "restricted:latest"', 'AdmissionDenied'],
  ['admission webhook "policy.example.com" denied the request', 'AdmissionDenied'],
  ['0/3 nodes are available: 3 Insufficient memory', 'Unschedulable'],
  ['out of memory (limit 128Mi)', 'OutOfMemory'],
  ['nobody knows', 'PoolShort'],
])('%s is told as %s', (words, reason) => {
  expect(troubleReason(words, 'PoolShort')).toBe(reason);
});
