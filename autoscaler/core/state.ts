// What scalers have learned, as it comes back from wherever it was kept. Does not own what is in it: each class does.

/** Whether a class and version wrote this `state()`. What another version wrote means something else and is not read. */
export const isStateOf = <State extends { readonly class: string; readonly version: number }>(
  state: unknown,
  name: State['class'],
  version: number,
): state is State =>
  typeof state === 'object' &&
  state !== null &&
  'class' in state &&
  state.class === name &&
  'version' in state &&
  state.version === version;
