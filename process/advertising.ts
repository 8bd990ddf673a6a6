// Where other programs reach this one, when nobody said so: the address it listens on, or, where that is every address, one of them.
import type http from 'node:http';
import os from 'node:os';
import { urlOf } from './listening.ts';

const isEvery = (host: string): boolean => host === '0.0.0.0' || host === '::';

/** The first address by which other machines know this one; its own where it has no other. */
function ownAddress(): string {
  const all = Object.values(os.networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return all.find(({ internal, family }) => !internal && family === 'IPv4')?.address ?? '127.0.0.1';
}

/** A URL of a listening server. */
export const advertised = (server: http.Server, host: string): string =>
  urlOf(server, isEvery(host) ? ownAddress() : host);
