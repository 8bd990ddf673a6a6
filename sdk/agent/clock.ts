// The port through which the kit knows the time, so that `agentcube/testing` can move it by hand. Durations are milliseconds.

/** Time as an agent sees it. */
export interface AgentClock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls once after `ms`; the returned function calls it off. Does not keep the process alive. */
  after(ms: number, call: () => void): () => void;
}

/** The machine's clock. */
export const machineClock: AgentClock = {
  now: () => Date.now(),
  after(ms, call) {
    const timer = setTimeout(call, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
