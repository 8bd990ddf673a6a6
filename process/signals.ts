// Ctrl-C and SIGTERM: the first asks for an orderly stop, the second leaves at once. Owns the exit codes of a stop: 0, or 130.
import { fail } from './failing.ts';

export interface Stopping {
  readonly program: string;
  /** Finishes in order. */
  readonly stop: () => Promise<void>;
  readonly print: (text: string) => void;
  /** Said at the first signal, at the end, and at the second signal. */
  readonly words: { readonly stopping: string; readonly stopped: string; readonly left: string };
}

/** What passes signals on (npm, timeout) often does so twice; that soon it is the same wish (ms). */
const sameWishMs = 250;

/** From now on the signals end the process. */
export function stopOnSignals({ program, stop, print, words }: Stopping): void {
  let asked: number | undefined;
  const onSignal = (): void => {
    const now = performance.now();
    if (asked !== undefined && now - asked < sameWishMs) return;
    if (asked !== undefined) {
      print(words.left);
      process.exit(130);
    }
    asked = now;
    print(words.stopping);
    stop().then(
      () => {
        print(words.stopped);
        process.exit(0);
      },
      (fault: unknown) => fail(program, fault),
    );
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, onSignal);
}
