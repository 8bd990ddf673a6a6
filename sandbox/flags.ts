// Owns: the flags the platform starts our own node with inside a sandbox. Does not own: starting it.
// placeholder comment, numbers below are filled after measuring

export const daemonNodeFlags: readonly string[] = [
  '--expose-gc',
  '--v8-pool-size=0',
  '--max-semi-space-size=1',
];
