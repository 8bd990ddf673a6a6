// Reading what others publish several times a second: what is not understood is told once, not with each message.
// Does not own what a text must look like.

export type OnFault = (fault: unknown) => void;

/** `read`, telling `onFault` of the first text of a row that it does not understand. */
export function understanding<T>(
  what: string,
  read: (text: string) => T | undefined,
  onFault: OnFault | undefined,
): (text: string) => T | undefined {
  let understood = true;
  return (text) => {
    const value = read(text);
    if (value === undefined && understood) {
      onFault?.(new Error(`not understood what another program tells of ${what}: ${text.slice(0, 100)}`));
    }
    understood = value !== undefined;
    return value;
  };
}
