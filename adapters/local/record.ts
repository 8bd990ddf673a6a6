// Owns: what is remembered of a sandbox on disk, for the next platform that uses this data dir. Written before what it
// tells is done, and in one step, so that a kill at any moment leaves a record that is whole.
import { readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import type { SandboxRef } from '../../model/sandbox.ts';
import type { SandboxSpec } from '../../model/sandbox-spec.ts';
import type { Listen } from './command.ts';
import type { ImageUse } from './images.ts';
import type { TierName } from './options.ts';
import type { Leader } from './processes.ts';

export interface SandboxRecord {
  readonly format: 1;
  readonly spec: SandboxSpec;
  /** `starting`: half-made until it is `ready`. */
  readonly phase: 'starting' | 'ready' | 'stopped';
  readonly tier: TierName;
  /** Name of the version below `runtime/` that it was last started with. */
  readonly runtime: string;
  readonly image: ImageUse;
  /** Whom it runs as, and whose its files are; absent when the platform was not root. */
  readonly uid?: number;
  /** Which sockets stand for the runtime's ports. */
  readonly listen: Listen;
  readonly leader?: Leader;
  /** Its processes began inside of cgroups of its own: where these are not, nothing of it runs. */
  readonly confined?: true;
  readonly ref?: SandboxRef;
  /** Why it stopped, where it was not wanted. */
  readonly why?: string;
}

export async function writeRecord(file: string, record: SandboxRecord): Promise<void> {
  await writeFile(`${file}.part`, JSON.stringify(record), { mode: 0o600 });
  await rename(`${file}.part`, file);
}

/** The record, or undefined when there is none that can be understood. */
export function readRecord(file: string): SandboxRecord | undefined {
  try {
    const read = JSON.parse(readFileSync(file, 'utf8')) as Partial<SandboxRecord>;
    return read.format === 1 && read.spec !== undefined ? (read as SandboxRecord) : undefined;
  } catch {
    return undefined;
  }
}
