// The image tables of this machine, read anew when somebody says that they may have changed. Does not own what a table means.
import { readImageTable, type LocalImage } from '../config/images.ts';
import { readText } from './settings.ts';

export interface ImageTables {
  /** As read last. */
  readonly current: () => readonly LocalImage[];
  /** Rejects with what is wrong in which file; then the tables stay as they were. */
  readonly reload: () => Promise<void>;
}

/** `files` are asked for at each reading. */
export function imageTables(files: () => Promise<readonly string[]>): ImageTables {
  let images: readonly LocalImage[] = [];
  return {
    current: () => images,
    async reload() {
      images = (await files()).flatMap((file) => readImageTable(file, readText(file)));
    },
  };
}
