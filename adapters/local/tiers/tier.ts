// The port between the driver and the ways to shut a sandbox in. A tier only says what to run; it starts nothing.
import type { SandboxPaths } from '../layout.ts';
import type { TierName, Variable } from '../options.ts';

/** What a tier has to put together. Paths of `argv`, `cwd` and `environment` are those inside. */
export interface View {
  readonly paths: SandboxPaths;
  /** Host folder that is /opt/agentcube inside. */
  readonly runtime: string;
  /** Host folder that is /app inside. */
  readonly image?: string;
  /** Host folder of the platform's sockets, for an agent that may call it. */
  readonly platform?: string;
  /** Given when the platform is root: whom the sandbox runs as on the host. */
  readonly uid?: number;
  readonly hostname: string;
  readonly cwd: string;
  readonly argv: readonly string[];
  readonly environment: readonly Variable[];
}

/** File descriptors that the launched program inherits, beside its output. */
export const fds = { live: 3, status: 4, plan: 5, seccomp: 6 } as const;

export interface Launch {
  readonly argv: readonly string[];
  /** Content of descriptor 5: what must not be seen in the process list. */
  readonly plan: string;
  /** Content of descriptor 6. */
  readonly seccomp?: Buffer;
}

export interface Tier {
  readonly name: TierName;
  /** Whether processes see paths of their own (places.ts), a network and process ids of their own. */
  readonly ownView: boolean;
  /** What it does not give, in words. */
  readonly lacks: readonly string[];
  launch(view: View): Launch;
}
