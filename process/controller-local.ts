// What a controller has where sandboxes are processes of this machine: the key in the data folder, image tables, the local driver.
// Does not own who leads.
import os from 'node:os';
import path from 'node:path';
import type { Logger } from 'pino';
import { createOwnerTokens } from '../adapters/jwt/identity-token.ts';
import { loadSigningKey } from '../adapters/jwt/key.ts';
import type { Fence, RedisLink } from '../adapters/redis/link.ts';
import { systemClock as clock } from '../adapters/system/clock.ts';
import { builtImagesIn, dataDirId, keyFileIn, makeDataDir, refusePlatformIn } from './data-dir.ts';
import { StartError, wordsFor } from './failing.ts';
import { checkHome } from './home.ts';
import { imageTables, type ImageTables } from './images.ts';
import { openLocalDriver } from './local-driver.ts';

export interface ControllerLocalOptions {
  readonly dataDir: string;
  readonly isolation: 'auto' | 'bubblewrap' | 'unshare' | 'plain';
  readonly startTimeoutSeconds: number;
  readonly logger: Logger;
  readonly tableFiles: () => Promise<readonly string[]>;
}

export interface ControllerLocal {
  readonly kind: 'local';
  readonly tables: ImageTables;
  ownerTokens(): ReturnType<typeof createOwnerTokens>;
  /** `takeOver` as the driver has it: true while this process leads. Rejects with what a person can do about it. */
  openDriver(link: RedisLink, fence: Fence, takeOver: () => boolean): ReturnType<typeof openLocalDriver>;
}

/** Makes the data folder and the key in it. Rejects with a StartError when something of it cannot be used. */
export async function openControllerLocal(options: ControllerLocalOptions): Promise<ControllerLocal> {
  const { dataDir, logger, tableFiles } = options;
  await makeDataDir(dataDir);
  refusePlatformIn(dataDir);
  const tables = imageTables(tableFiles, builtImagesIn(dataDir));
  await tables.reload().catch((fault: unknown) => {
    throw new StartError(wordsFor(fault));
  });
  const { publicPem: publicKeyPem } = await loadSigningKey(keyFileIn(dataDir));
  return {
    kind: 'local',
    tables,
    ownerTokens: () => createOwnerTokens(publicKeyPem, clock),
    async openDriver(link, fence, takeOver) {
      // A table that is wrong by now is told when the folder is looked at; the sandboxes cannot wait for it.
      await tables.reload().catch(() => undefined);
      const own = { id: await dataDirId(dataDir), where: `${os.hostname()}:${path.resolve(dataDir)}` };
      await checkHome(link, fence, own, 'give every controller that folder with --data-dir');
      return openLocalDriver({ ...options, images: tables.current, publicKeyPem, logger, takeOver });
    },
  };
}
