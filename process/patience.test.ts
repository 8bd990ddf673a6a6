// Waiting for what is away: until it is there, and no longer than it makes sense.
import { expect, test } from '@jest/globals';
import { PlatformError } from '../model/errors.ts';
import { clusterIsAway, patiently } from './patience.ts';

const away = new PlatformError('CLUSTER_UNAVAILABLE', 'the API server is away');
const say = (): void => undefined;

test('what is away is tried again until it is there', async () => {
  const answers = [away, away];
  const attempt = async (): Promise<string> => {
    const fault = answers.shift();
    if (fault) throw fault;
    return 'here';
  };
  expect(await patiently(attempt, { passes: clusterIsAway, say })).toBe('here');
  expect(answers).toEqual([]);
});

test('a mistake is told at once, and so is the last failure when nobody waits any more', async () => {
  const mistake = new Error('no such key');
  const failing = (fault: Error) => () => Promise.reject(fault);
  await expect(patiently(failing(mistake), { passes: clusterIsAway, say })).rejects.toBe(mistake);
  await expect(patiently(failing(away), { passes: clusterIsAway, say, given: () => true })).rejects.toBe(
    away,
  );
});
