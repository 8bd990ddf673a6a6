// Waiting for something to become so, in tests that watch real sockets. A test that waits in vain fails by its own time limit.

/** Looks every millisecond. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 1));
}
