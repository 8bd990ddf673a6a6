// The local driver with this package's own files in it: what runs inside a sandbox, and which node runs it.
import path from 'node:path';
import type { Logger } from 'pino';
import { createLocalDriver, type LocalImage } from '../adapters/local/driver.ts';
import { systemClock as clock } from '../adapters/system/clock.ts';
import { daemonNodeFlags } from '../sandbox/flags.ts';
import { root } from './package.ts';

export interface LocalDriverSettings {
  readonly dataDir: string;
  readonly isolation: 'auto' | 'bubblewrap' | 'unshare' | 'plain';
  readonly startTimeoutSeconds: number;
  readonly images: () => readonly LocalImage[];
  readonly publicKeyPem: string;
  readonly logger: Logger;
  /** Ends whoever holds the data folder and does not let go of it, while this answers true: for one leader after another. */
  readonly takeOver: boolean | (() => boolean);
}

/** Rejects with a LocalSetupError when this host cannot, and says what to do. */
export const openLocalDriver = ({ logger, ...settings }: LocalDriverSettings) =>
  createLocalDriver({
    dataDir: settings.dataDir,
    authPublicKeyPem: settings.publicKeyPem,
    images: settings.images,
    program: {
      sandboxSourceDir: path.join(root, 'sandbox'),
      kitSourceDir: path.join(root, 'sdk'),
      nodePath: process.execPath,
      nodeFlags: daemonNodeFlags,
    },
    clock,
    log: (level, message, fields) => logger[level](fields, message),
    tier: settings.isolation,
    startTimeoutMs: settings.startTimeoutSeconds * 1_000,
    takeOver: settings.takeOver,
  });
