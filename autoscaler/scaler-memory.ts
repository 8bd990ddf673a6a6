// Where what scalers have learned outlives every autoscaler. A port; what a row says is the scalers' own business.

export interface ScalerMemory {
  /** All rows, by runtimeKeyText. Rejects with STORE_UNAVAILABLE. */
  load(): Promise<ReadonlyMap<string, string>>;
  /** Sets some rows and takes others away. Rejects with STORE_UNAVAILABLE or NOT_LEADER. */
  save(changed: ReadonlyMap<string, string>, gone: readonly string[]): Promise<void>;
}
