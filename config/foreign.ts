// Names that AgentCube's own programs are configured with, and what each of them means here: a setting of ours, nothing, or a refusal.
// A name is never ignored in silence. Owns the shapes; which names there are is agentcube-env.ts and agentcube-flags.ts.

/** What somebody wrote, and the name under which they wrote it: problems name what the user typed. */
export interface Given {
  readonly value: unknown;
  readonly from: string;
}

export type Values = Readonly<Record<string, Given>>;

export type Meaning =
  | { readonly kind: 'setting'; readonly name: string; readonly value: unknown }
  /** Accepted; said once at the start, with the reason. */
  | { readonly kind: 'no-effect'; readonly why: string }
  /** Ignoring it would take away a protection that the user counts on. */
  | { readonly kind: 'refused'; readonly why: string };

export interface ForeignFlag {
  /** Whether it stands alone (`--debug`) or has a value. */
  readonly bare: boolean;
  readonly meaning: (value: string) => Meaning;
}

export interface Understood {
  readonly values: Values;
  /** One line each: what was accepted and has no effect. */
  readonly notes: readonly string[];
  readonly problems: readonly string[];
}

export interface ForeignNames {
  /** By name, without dashes. */
  readonly flags: Readonly<Record<string, ForeignFlag>>;
  readonly env: (env: Readonly<Record<string, string | undefined>>) => Understood;
}

/** What a list of foreign names adds up to; of two that mean the same setting the later wins. */
export function understand(
  found: readonly { readonly from: string; readonly meaning: Meaning }[],
): Understood {
  const values: Record<string, Given> = {};
  const notes: string[] = [];
  const problems: string[] = [];
  for (const { from, meaning } of found) {
    if (meaning.kind === 'setting') values[meaning.name] = { value: meaning.value, from };
    else (meaning.kind === 'no-effect' ? notes : problems).push(`${from}: ${meaning.why}`);
  }
  return { values, notes, problems };
}
