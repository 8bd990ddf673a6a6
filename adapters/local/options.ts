// What the local driver is given. Owns the shapes of its options and of the image table; decides nothing.
import type { Clock } from '../../model/clock.ts';

/** How strongly a sandbox is kept apart, best first. */
export type TierName = 'bubblewrap' | 'unshare' | 'plain';

export interface Variable {
  readonly name: string;
  readonly value: string;
}

/** A folder that stands for a container image on this machine. */
export interface LocalImage {
  /** An image name; `*` matches anything. Without a tag it means every tag and digest. */
  readonly name: string;
  /** Absolute path; its content is seen inside as /app. */
  readonly folder: string;
  /** Run when the pod names no command, as an image's ENTRYPOINT and CMD are. */
  readonly command?: readonly string[] | undefined;
  /** Variables that the pod's own override. */
  readonly environment?: readonly Variable[] | undefined;
}

export type Log = (
  level: 'debug' | 'info' | 'warn' | 'error',
  message: string,
  fields: Readonly<Record<string, unknown>>,
) => void;

export interface LocalDriverOptions {
  /** Absolute path; made when it is not there. One program at a time uses it. */
  readonly dataDir: string;
  /** The key that code daemons accept tokens of (SPKI PEM). */
  readonly authPublicKeyPem: string;
  /** The image table as it is now; asked anew at each look-up, so that a table may change while the driver runs. */
  readonly images: () => readonly LocalImage[];
  /** What runs inside: the daemon's source folder (.ts, or .js when built), the node binary and its flags. */
  readonly program: {
    readonly sandboxSourceDir: string;
    /** The folder of the author kit, bundled for agents that import it; absent: they must bring their own. */
    readonly kitSourceDir?: string;
    readonly nodePath: string;
    readonly nodeFlags?: readonly string[];
  };
  readonly clock: Clock;
  readonly log: Log;
  /** `auto` (the default) takes the best that starts here; a named one must start, or the driver does not. */
  readonly tier?: 'auto' | TierName;
  /**
   * Takes the data dir from a program that keeps it: that one has a second to let go, then it is killed. A function is asked
   * just before that whether this program should still have it. By default a data dir that is in use is refused.
   */
  readonly takeOver?: boolean | (() => boolean);
  /** How long a sandbox may take until it is verified ready (ms); 60 s by default. */
  readonly startTimeoutMs?: number;
}

/** The host cannot do what was asked of the driver at its creation; the message says what to do. */
export class LocalSetupError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'LocalSetupError';
  }
}
