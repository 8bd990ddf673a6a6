// What may come next on a command line: commands, flags, kinds, and the names of what there is on the platform. Prints nothing when
// it does not know, and never an error: whoever presses Tab did not ask for one.
import type { Command, Option } from 'commander';
import { App } from './app.ts';
import { readKubeconfig } from './contexts/kubeconfig.ts';
import { findTarget, kubeconfigFiles, type Target } from './contexts/target.ts';
import type { Io } from './io.ts';
import { deployables, kindNamed, kindWords } from './kinds.ts';
import { formats } from './output/format.ts';
import { createWholeProgram } from './program.ts';
import { thingsOf } from './things/index.ts';
import { listSessions } from './things/sessions.ts';

/** As long as a person waits for Tab (ms). */
const patienceMs = 1_500;

interface Asked {
  readonly io: Io;
  /** The command that the words before lead to. */
  readonly command: Command;
  /** Words of it that are no flags. */
  readonly operands: readonly string[];
  /** What was begun. */
  readonly word: string;
  readonly target: () => Promise<Target>;
}

const optionsOf = (command: Command): readonly Option[] => [
  ...command.options,
  ...(command.parent ? optionsOf(command.parent) : []),
];

const isNamed = (option: Option, word: string): boolean => option.long === word || option.short === word;

async function namesOf({ target }: Asked, kindWord: string): Promise<string[]> {
  const found = await target();
  const { rows } = await thingsOf(kindNamed(kindWord)).rows(found, { namespace: found.namespace });
  return rows.map(({ name }) => name);
}

async function contexts({ io }: Asked): Promise<string[]> {
  const { named, home } = kubeconfigFiles(io, undefined);
  return [...(await readKubeconfig(named.length > 0 ? named : [home])).contexts.keys()];
}

async function sessions({ target }: Asked, states?: (state: string) => boolean): Promise<string[]> {
  const found = await listSessions(await target(), {});
  return found
    .filter(({ state }) => state !== 'ended' && (states?.(state) ?? true))
    .map(({ sessionId }) => sessionId);
}

async function kindThenName(asked: Asked): Promise<string[]> {
  const { operands, word } = asked;
  const [first] = operands;
  const [kind = '', within] = word.split('/');
  if (within !== undefined) return (await namesOf(asked, kind)).map((name) => `${kind}/${name}`);
  return first === undefined
    ? [...kindWords]
    : first.includes('/')
      ? [...kindWords].map((one) => `${one}/`)
      : namesOf(asked, first);
}

async function agents(asked: Asked): Promise<string[]> {
  return asked.operands.length > 0 ? [] : namesOf(asked, deployables[0].plural);
}

type Source = (asked: Asked) => Promise<readonly string[]>;

/** Of the words of a command. */
const operandSources: Readonly<Record<string, Source>> = {
  get: kindThenName,
  describe: kindThenName,
  delete: kindThenName,
  invoke: agents,
  logs: (asked) => sessions(asked),
  'sessions show': (asked) => sessions(asked),
  'sessions pause': (asked) => sessions(asked, (state) => state === 'running'),
  'sessions resume': (asked) => sessions(asked, (state) => state === 'paused' || state === 'suspended'),
  'sessions rm': (asked) => sessions(asked),
  completion: async () => ['bash', 'zsh', 'fish'],
};

/** Of what follows a flag. */
const flagSources: Readonly<Record<string, Source>> = {
  '--output': async () => formats,
  '--context': contexts,
  '--session': (asked) => sessions(asked),
  '--interpreter': (asked) => namesOf(asked, deployables[1].plural),
  '--runtime': (asked) => namesOf(asked, deployables[0].plural),
  '--trigger': (asked) => namesOf(asked, deployables[2].plural),
  '--language': async () => ['python', 'bash', 'sh', 'node'],
};

const pathOf = (command: Command): string =>
  command.parent?.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name();

/** Follows the words to their command. `flag`: the last word waits for its value. */
function follow(
  program: Command,
  words: readonly string[],
): { command: Command; operands: string[]; flag?: Option } {
  let command = program;
  const operands: string[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    const option = optionsOf(command).find((one) => isNamed(one, word));
    if (option?.required === true || option?.optional === true) {
      at += 1;
      if (at >= words.length) return { command, operands, flag: option };
    } else if (!word.startsWith('-')) {
      const next =
        operands.length === 0
          ? command.commands.find((one) => one.name() === word || one.aliases().includes(word))
          : undefined;
      if (next) command = next;
      else operands.push(word);
    }
  }
  return { command, operands };
}

function flagsOf(command: Command): string[] {
  return ['--help', ...optionsOf(command).flatMap(({ long }) => long ?? [])];
}

async function found(io: Io, words: readonly string[]): Promise<readonly string[]> {
  const program = await createWholeProgram(new App(io));
  const word = words.at(-1) ?? '';
  const { command, operands, flag } = follow(program, words.slice(0, -1));
  const target = (): Promise<Target> => findTarget(io, {}, { timeoutMs: patienceMs, signal: io.signal });
  const asked = { io, command, operands, word, target };
  if (flag) return (await flagSources[flag.long ?? '']?.(asked)) ?? [];
  if (word.startsWith('-')) return flagsOf(command);
  if (command.commands.length > 0) return command.commands.map((one) => one.name());
  return (await operandSources[pathOf(command)]?.(asked)) ?? [];
}

/** The words that may stand where the last of `words` was begun. Never rejects. */
export async function completions(io: Io, words: readonly string[]): Promise<readonly string[]> {
  const word = words.at(-1) ?? '';
  try {
    return [...new Set(await found(io, words))].filter((one) => one.startsWith(word)).sort();
  } catch {
    return [];
  }
}
