// The command line, read as AgentCube's programs read theirs too: -name and --name, =value or a value that follows,
// a switch alone or with =true and =false. Tells every problem; never throws, and never repeats a value, which may be a secret.
import { parseArgs } from 'node:util';

export interface KnownFlag {
  /** A switch: stands alone, and means true. */
  readonly bare: boolean;
}

export interface Arguments {
  /** By name without dashes; a switch that stands alone is 'true'. Of two that are the same the later counts. */
  readonly values: Readonly<Record<string, string>>;
  readonly positionals: readonly string[];
  readonly problems: readonly string[];
}

const isSwitchText = (text: string | undefined): boolean => text === 'true' || text === 'false';

/** Switches get their value written out, and names both dashes. */
function normalised(args: readonly string[], known: Readonly<Record<string, KnownFlag>>): string[] {
  const written: string[] = [];
  for (let index = 0; index < args.length; index += 1) {
    const arg = args[index] ?? '';
    if (arg === '--') return [...written, ...args.slice(index)];
    const [, name = '', value] = /^--?([A-Za-z][\w-]*)(=[^]*)?$/.exec(arg) ?? [];
    if (name === '' || known[name] === undefined) written.push(arg);
    else if (value !== undefined) written.push(`--${name}${value}`);
    else if (!known[name].bare) {
      written.push(`--${name}`);
    } else {
      const follows = isSwitchText(args[index + 1]);
      written.push(`--${name}=${follows ? args[index + 1] : 'true'}`);
      if (follows) index += 1;
    }
  }
  return written;
}

/** A flag without its value takes what follows for it, which is the next flag: that is told. */
const lacksValue = (value: string | undefined, inline: boolean | undefined): boolean =>
  value === undefined || (inline !== true && /^-./.test(value) && !/^-\d/.test(value));

/** What was given, against the flags that there are. */
export function readArguments(
  args: readonly string[],
  known: Readonly<Record<string, KnownFlag>>,
): Arguments {
  const options = Object.fromEntries(Object.keys(known).map((name) => [name, { type: 'string' as const }]));
  const { tokens } = parseArgs({
    args: normalised(args, known),
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const values: Record<string, string> = {};
  const positionals: string[] = [];
  const problems: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    if (known[token.name] === undefined) problems.push(`${token.rawName}: there is no such setting`);
    else if (lacksValue(token.value, token.inlineValue))
      problems.push(`--${token.name}: needs a value (--${token.name}=VALUE when it begins with a dash)`);
    else values[token.name] = token.value ?? '';
  }
  return { values, positionals, problems };
}
