// What the platform knows of one sandbox. Does not own how it is made (drivers do).

/** One door of a sandbox, as AgentCube's create response shows it. */
export interface EntryPoint {
  /** `pathPrefix` of the runtime's port; may be empty. */
  readonly path: string;
  readonly protocol: 'HTTP' | 'HTTPS';
  /** `unix:///absolute/path.sock` on one machine, `ip:port` on a cluster. */
  readonly endpoint: string;
}

/** Where a sandbox is thawed without asking the controller: one pod on one node of a cluster. */
export interface SandboxPlace {
  /** Base URL of the node agent, e.g. `http://10.0.0.7:8090`. */
  readonly agent: string;
  /** The pod's uid. A sandbox whose pod is made anew has a new one. */
  readonly pod: string;
}

/** A sandbox that was verified ready at least once. */
export interface SandboxRef {
  /** Unique for ever (UUID). */
  readonly id: string;
  /** `<runtime name>-<8 of [a-z0-9]>`. */
  readonly name: string;
  readonly entryPoints: readonly EntryPoint[];
  /** Absent where only the controller can wake it. */
  readonly place?: SandboxPlace;
}

export type RuntimeKind = 'AgentRuntime' | 'CodeInterpreter';

/** Names a runtime: kind, namespace and name. */
export interface RuntimeKey {
  readonly kind: RuntimeKind;
  readonly namespace: string;
  readonly name: string;
}

/** The key as one string, for maps and indexes. */
export const runtimeKeyText = (key: RuntimeKey): string => `${key.kind}/${key.namespace}/${key.name}`;
