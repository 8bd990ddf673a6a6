// Owns: giving memory back when nobody has asked for anything for a while. Does not own: how (the collector is passed in).
// A sandbox that was paused meanwhile finds its timer overdue on waking, just when a request has come: then it waits again.

const IDLE_MS = 2000;
/** A timer this late was held up by a pause. */
const LATE_MS = 100;

/**
 * Calls `collect` once after each time of activity.
 * @returns a function to call at every sign of activity.
 */
export function trimWhenIdle(collect: () => void, monotonicMs: () => number): () => void {
  let timer: NodeJS.Timeout | undefined;
  let lastActive = monotonicMs();
  const arm = (delayMs: number): void => {
    const due = monotonicMs() + delayMs;
    timer = setTimeout(() => {
      timer = undefined;
      const now = monotonicMs();
      const quietMs = now - lastActive;
      if (now - due > LATE_MS || quietMs < IDLE_MS)
        arm(Math.max(1, IDLE_MS - (now - due > LATE_MS ? 0 : quietMs)));
      else collect();
    }, delayMs);
    timer.unref();
  };
  const active = (): void => {
    lastActive = monotonicMs();
    if (timer === undefined) arm(IDLE_MS);
  };
  return active;
}
