// Fresh identifiers from the system's random source.
import { randomInt, randomUUID } from 'node:crypto';
import type { Ids } from '../../model/open-session.ts';

const alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789';

export const systemIds: Ids = {
  uuid: () => randomUUID(),
  suffix: () => Array.from({ length: 8 }, () => alphabet[randomInt(alphabet.length)]).join(''),
};
