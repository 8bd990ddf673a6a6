// Owns: the flags our own node is started with for the code daemon. Does not own: starting it.
// Measured on Node 24.21, x86-64: private memory (Private_Clean + Private_Dirty) of an idle daemon that has answered /health
// twice, bundled into one file, beside a second one so that the program text counts as shared: 9.8 MB without, 9.7 MB with these.
// Not used: --expose-gc, --single-threaded, --no-opt, --no-maglev, --no-sparkplug, --lite-mode, --jitless, --max-lazy. Each makes
// V8 distrust the compiled code that Node carries for its own modules, which costs every start 20 ms; what they would save, the
// collection at the start (memory.ts) saves too. --no-node-snapshot doubles the start. --optimize-for-size, --stack-size: nothing.

export const daemonNodeFlags: readonly string[] = [
  // No V8 helper threads with their stacks and malloc arenas: 0.12 MB. Collections run on the one thread, which has little else to do.
  '--v8-pool-size=0',
  // Nothing while idle; a busy daemon's young generation stays at 1 MB instead of growing to 16.
  '--max-semi-space-size=1',
];
