// The kinds of things by the names that people type: plural, singular, short, with or without their group.
// Names alone: the schemas (model/resource.ts) take longer to load than most commands run. A test keeps the two together.
import { nearest } from '../model/nearest.ts';
import { misused } from './failure.ts';

export interface Deployable {
  readonly plural: string;
  readonly kind: 'AgentRuntime' | 'CodeInterpreter' | 'Trigger';
  readonly short: string;
  readonly group: string;
  readonly version: string;
}

/** Kept by the API server. */
export const deployables = [
  {
    plural: 'agentruntimes',
    kind: 'AgentRuntime',
    short: 'ar',
    group: 'runtime.agentcube.volcano.sh',
    version: 'v1alpha1',
  },
  {
    plural: 'codeinterpreters',
    kind: 'CodeInterpreter',
    short: 'ci',
    group: 'runtime.agentcube.volcano.sh',
    version: 'v1alpha1',
  },
  {
    plural: 'triggers',
    kind: 'Trigger',
    short: 'actrigger',
    group: 'eventing.agentcube.volcano.sh',
    version: 'v1alpha1',
  },
] as const satisfies readonly Deployable[];

/** Kept by the platform, and asked of its control API. */
export const platformKinds = [
  { plural: 'sessions', short: 'sess' },
  { plural: 'pools', short: 'pool' },
] as const;

export type Kind = Deployable | (typeof platformKinds)[number];

export const isDeployable = (kind: Kind): kind is Deployable => 'group' in kind;

export const allKinds: readonly Kind[] = [...deployables, ...platformKinds];

const wordsFor = (kind: Kind): string[] =>
  isDeployable(kind)
    ? [kind.plural, kind.kind.toLowerCase(), kind.short, `${kind.plural}.${kind.group}`]
    : [kind.plural, kind.plural.slice(0, -1), kind.short];

/** The words of all kinds that complete a command line. */
export const kindWords: readonly string[] = allKinds.map(({ plural }) => plural);

/** The kind that a word means. Throws with what may have been meant. */
export function kindNamed(word: string): Kind {
  const wanted = word.toLowerCase();
  const found = allKinds.find((kind) => wordsFor(kind).includes(wanted));
  if (found) return found;
  const meant = nearest(wanted, allKinds.flatMap(wordsFor));
  const guess = meant === undefined ? '' : `; did you mean ${meant}?`;
  throw misused(`there is no kind ${JSON.stringify(word)}${guess}`, `there are: ${kindWords.join(', ')}`);
}

/** Those of `ar,ci`; `all` is everything that is deployed. */
export const kindsNamed = (words: string): readonly Kind[] =>
  words.toLowerCase() === 'all' ? deployables : words.split(',').map(kindNamed);

export interface Named {
  readonly kind: Kind;
  readonly name: string;
}

/** What is meant by `KIND NAME…` and `KIND/NAME…`; no name means all of the kinds. Throws when it cannot be meant. */
export function readNames(words: readonly string[]): {
  readonly kinds: readonly Kind[];
  readonly names: readonly Named[];
} {
  const [first, ...rest] = words;
  if (first === undefined)
    throw misused('say what: a kind, or KIND/NAME', `kinds are: ${kindWords.join(', ')}`);
  if (first.includes('/')) {
    const names = words.map((word) => {
      const [kind = '', name = '', ...more] = word.split('/');
      if (kind === '' || name === '' || more.length > 0)
        throw misused(`${JSON.stringify(word)} is not KIND/NAME`, 'either KIND/NAME for each, or KIND NAME…');
      return { kind: kindNamed(kind), name };
    });
    return { kinds: [...new Set(names.map(({ kind }) => kind))], names };
  }
  const kinds = kindsNamed(first);
  const stray = rest.find((word) => word.includes('/'));
  if (stray !== undefined)
    throw misused(
      `${JSON.stringify(stray)}: a kind was named already`,
      'either KIND/NAME for each, or KIND NAME…',
    );
  if (rest.length > 0 && kinds.length > 1)
    throw misused('names go with one kind', 'such as: agentruntimes/one codeinterpreters/two');
  return { kinds, names: rest.flatMap((name) => kinds.map((kind) => ({ kind, name }))) };
}
