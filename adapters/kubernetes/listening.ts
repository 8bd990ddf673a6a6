// Whether a port of a pod takes connections: asked of a pod whose template has no readiness probe, for then Kubernetes calls it
// ready as soon as its containers run. Owns nothing of what is said on the connection.
import net from 'node:net';
import type { Clock } from '../../model/clock.ts';

const TRY_MS = 1_000;
const AGAIN_MS = 50;

const connects = (host: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = net.connect({ host, port, timeout: TRY_MS });
    const settle = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => settle(true));
    socket.once('timeout', () => settle(false));
    socket.once('error', () => settle(false));
  });

const pause = (clock: Clock, ms: number): Promise<void> =>
  new Promise((resolve) => void clock.after(ms, resolve));

/** Resolves when the port takes a connection, or when `given up` says so. */
export async function listens(
  where: { readonly host: string; readonly port: number },
  clock: Clock,
  givenUp: () => boolean,
): Promise<boolean> {
  while (!givenUp()) {
    if (await connects(where.host, where.port)) return true;
    await pause(clock, AGAIN_MS);
  }
  return false;
}
