// What happens to the platform in one simulation: a list of actions with their times, made from the seed before anything runs.
// Dropping an action leaves the others as they are, so a plan that fails can be made shorter.
import type { Random } from './random.ts';
import { theNode } from './world.ts';

export const fleet = {
  activators: ['activator-1', 'activator-2', 'activator-3'],
  controllers: ['controller-1', 'controller-2'],
  autoscalers: ['autoscaler-1', 'autoscaler-2'],
} as const;

export const everybody: readonly string[] = [...fleet.activators, ...fleet.controllers, ...fleet.autoscalers];
/** Most depends on controllers, and there are few. */
const victims: readonly string[] = [
  ...fleet.activators,
  ...fleet.controllers,
  ...fleet.controllers,
  ...fleet.autoscalers,
];

export const clientNames = ['ann', 'bob', 'cid', 'dan', 'eve', 'fay'] as const;

/** Durations in virtual ms. */
export type Deed =
  | { readonly kind: 'ask'; readonly client: string; readonly activator: string; readonly workMs: number }
  | { readonly kind: 'leave'; readonly client: string }
  | { readonly kind: 'command'; readonly client: string; readonly what: 'pause' | 'resume' | 'end' }
  | { readonly kind: 'crash'; readonly client: string }
  | { readonly kind: 'crash-warm' }
  | { readonly kind: 'kill'; readonly process: string; readonly downMs: number; readonly at?: string }
  | { readonly kind: 'freeze'; readonly process: string; readonly forMs: number; readonly at?: string }
  | { readonly kind: 'drain'; readonly process: string; readonly downMs: number }
  | {
      readonly kind: 'cut' | 'lossy' | 'slow' | 'deaf' | 'hush';
      readonly process: string;
      readonly forMs: number;
    }
  | { readonly kind: 'store-down'; readonly forMs: number; readonly emptied: boolean }
  | { readonly kind: 'store-emptied' }
  | { readonly kind: 'starts-fail'; readonly forMs: number }
  | { readonly kind: 'node-down'; readonly forMs: number }
  | { readonly kind: 'hold'; readonly what: string; readonly forMs: number };

/** `atMs` since the beginning. */
export type Action = Deed & { readonly atMs: number };

/** How long clients and faults go on (ms); then everything is healed. */
export const eventfulMs = 20_000;
const calmFirstMs = 1_500;

/** Where programs are struck in the middle of something. */
const activatorCalls = [
  ...(['acquire', 'renew', 'release', 'claim', 'create', 'publish wakes'] as const),
  ...(['save', 'node thaw', 'saveLeased'] as const),
];
const controllerCalls = [
  ...([
    'save',
    'saveIfUnleased',
    'offer',
    'withdraw',
    'entries',
    'bid',
    'markPrepared',
    'due',
    'list',
  ] as const),
  ...([
    'driver start',
    'driver restart',
    'driver pause',
    'driver resume',
    'driver stop',
    'driver mark',
    'node pause',
    'node resume',
    'node mark',
  ] as const),
];

/** What arrives late although nothing is wrong with whoever sends it. */
const orders = ['node thaw', 'node thaw', 'node resume', 'node pause', 'node mark'] as const;

const autoscalerCalls = [
  'bid',
  'publish targets',
  'publish targets',
  'runtimes',
  'load scalers',
  'save scalers',
] as const;

function callsOf(process: string): readonly string[] {
  if (process.startsWith('activator')) return activatorCalls;
  return process.startsWith('controller') ? controllerCalls : autoscalerCalls;
}

const shares: readonly (readonly [share: number, make: (luck: Random) => Deed])[] = [
  [40, (luck) => ask(luck)],
  [3, (luck) => ({ kind: 'leave', client: luck.pick(clientNames) })],
  [
    4,
    (luck) => ({
      kind: 'command',
      client: luck.pick(clientNames),
      what: luck.pick(['pause', 'resume', 'end']),
    }),
  ],
  [3, (luck) => ({ kind: 'crash', client: luck.pick(clientNames) })],
  [1, () => ({ kind: 'crash-warm' })],
  [4, (luck) => ({ kind: 'kill', process: luck.pick(victims), downMs: luck.whole(100, 4_000) })],
  [5, (luck) => struck(luck, 'kill')],
  [3, (luck) => ({ kind: 'freeze', process: luck.pick(victims), forMs: luck.whole(200, 9_000) })],
  [4, (luck) => struck(luck, 'freeze')],
  [1, (luck) => ({ kind: 'drain', process: luck.pick(victims), downMs: luck.whole(100, 2_000) })],
  [9, (luck) => weather(luck)],
  [2, (luck) => ({ kind: 'store-down', forMs: luck.whole(100, 7_000), emptied: luck.chance(0.3) })],
  [1.5, () => ({ kind: 'store-emptied' })],
  [1, (luck) => ({ kind: 'starts-fail', forMs: luck.whole(200, 3_000) })],
  [2, (luck) => ({ kind: 'node-down', forMs: luck.whole(100, 5_000) })],
  [4, (luck) => ({ kind: 'hold', what: luck.pick(orders), forMs: luck.whole(500, 9_000) })],
];

function ask(luck: Random): Deed {
  const workMs = luck.chance(0.2) ? luck.whole(500, 6_000) : luck.whole(1, 100);
  return { kind: 'ask', client: luck.pick(clientNames), activator: luck.pick(fleet.activators), workMs };
}

function struck(luck: Random, kind: 'kill' | 'freeze'): Deed {
  const process = luck.pick(victims);
  const at = luck.pick(callsOf(process));
  return kind === 'kill'
    ? { kind, process, at, downMs: luck.whole(100, 4_000) }
    : { kind, process, at, forMs: luck.whole(200, 9_000) };
}

function weather(luck: Random): Deed {
  if (luck.chance(0.3))
    return {
      kind: luck.pick(['cut', 'lossy', 'lossy', 'slow'] as const),
      process: theNode,
      forMs: luck.whole(200, 9_000),
    };
  const kind = luck.pick(['cut', 'lossy', 'lossy', 'slow', 'deaf', 'hush'] as const);
  // Whoever loses messages for good must ask by itself; only activators do (controllers are told of gaps).
  const process = luck.pick(kind === 'hush' ? fleet.activators : victims);
  return { kind, process, forMs: luck.whole(200, 7_000) };
}

const total = shares.reduce((sum, [share]) => sum + share, 0);

function deed(luck: Random): Deed {
  let left = luck.next() * total;
  for (const [share, make] of shares) {
    left -= share;
    if (left < 0) return make(luck);
  }
  return ask(luck);
}

/** The plan of a seed: first a few sessions in calm, then everything at once. */
export function planOf(luck: Random): readonly Action[] {
  const first = clientNames
    .filter(() => luck.chance(0.7))
    .map(
      (client): Action =>
        ({ ...ask(luck), kind: 'ask', client, atMs: luck.whole(600, calmFirstMs) }) as Action,
    );
  const many = luck.whole(5, luck.pick([20, 45, 120]));
  const others = Array.from({ length: many }, (): Action => {
    const atMs = luck.whole(calmFirstMs, eventfulMs);
    return { atMs, ...deed(luck) };
  });
  return [...first, ...others].sort((one, other) => one.atMs - other.atMs);
}

/** An action in words. */
export function actionText({ atMs, kind, ...rest }: Action): string {
  const details = Object.entries(rest).map(([name, value]) => `${name}=${String(value)}`);
  return `${String(atMs).padStart(6)} ms  ${kind} ${details.join(' ')}`.trimEnd();
}
