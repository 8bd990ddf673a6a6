// The image tables of this machine, read anew when somebody says that they may have changed. Does not own what a table means.
import { statSync } from 'node:fs';
import { readImageTable, type LocalImage } from '../config/images.ts';
import { readText } from './settings.ts';

export interface ImageTables {
  /** As read last. */
  readonly current: () => readonly LocalImage[];
  /** Rejects with what is wrong in which file; then the tables stay as they were. */
  readonly reload: () => Promise<void>;
}

/** The table that `agentcube build` writes: read again as soon as it is another file. A broken one stays as it was. */
class BuiltImages {
  readonly #file: string;
  #seen = 0;
  #images: readonly LocalImage[] = [];

  constructor(file: string) {
    this.#file = file;
  }

  current(): readonly LocalImage[] {
    const changed = statSync(this.#file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (changed === this.#seen) return this.#images;
    this.#seen = changed;
    try {
      this.#images = changed === 0 ? [] : readImageTable(this.#file, readText(this.#file));
    } catch {
      // Whoever wrote it is told by the command that writes it; what was built before goes on.
    }
    return this.#images;
  }
}

/** `files` are asked for at each reading. `built`: what was built on this machine; its names come first. */
export function imageTables(files: () => Promise<readonly string[]>, built: string): ImageTables {
  let images: readonly LocalImage[] = [];
  const own = new BuiltImages(built);
  return {
    current: () => [...own.current(), ...images],
    async reload() {
      images = (await files()).flatMap((file) => readImageTable(file, readText(file)));
    },
  };
}
