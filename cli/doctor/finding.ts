// What `agentcube doctor` finds: one line each, and the command that mends it. Does not own looking (machine.ts, ports.ts, platform.ts).

/** bad: the platform cannot run or is not reached; poor: it runs with less. */
export type Standing = 'good' | 'poor' | 'bad';

export interface Finding {
  readonly about: 'machine' | 'ports' | 'platform';
  readonly standing: Standing;
  readonly what: string;
  /** A command line, or a sentence; absent where nothing is to be done. */
  readonly mend?: string;
}

export const finding = (
  about: Finding['about'],
  standing: Standing,
  what: string,
  mend?: string,
): Finding => ({
  about,
  standing,
  what,
  ...(mend !== undefined && { mend }),
});
