// Scenarios of the autoscaler as text: what happens on top, then a table of what pools were to be and why.
// The top (scenario-plan.ts) is played in virtual time through the rounds that the autoscaler has; the table is what `play`
// answers, to be compared with the one that stands there.
import type { BudgetSettings } from '../../autoscaler/limits.ts';
import { Rounds } from '../../autoscaler/rounds.ts';
import { Replay } from '../../autoscaler/simulate/replay.ts';
import { table } from '../../autoscaler/simulate/report.ts';
import type { Signals } from '../../autoscaler/core/signals.ts';
import type { DeployedRuntime, PoolTarget } from '../../model/platform.ts';
import { runtimeKeyText } from '../../model/sandbox.ts';
import { arrivalsOf, readPlan, type Change, type Part, type Plan } from './scenario-plan.ts';

const hour = 3_600_000;
const from = 'the scenario';

function runtimeOf({ name = 'default/it', policy, schedule, memory }: Part): DeployedRuntime {
  const [namespace = '', own = ''] = name.split('/');
  return {
    key: { kind: 'CodeInterpreter', namespace, name: own },
    ...{ revision: '1', labels: {}, warmPoolSize: 0 },
    policy: { pauseAfterMs: null, suspendAfterMs: null, sessionTimeoutMs: hour, maxSessionDurationMs: hour },
    scaling: { policy, schedule, dryRun: false },
    ...(memory !== undefined && { memoryBytes: memory }),
  };
}

/** One runtime while it is played. */
class Player {
  readonly part: Part;
  readonly runtime: DeployedRuntime;
  readonly #replay: Replay;
  #now = 0;

  constructor(part: Part) {
    this.part = part;
    this.runtime = runtimeOf(part);
    const fails = (): boolean =>
      part.failing.some(({ from, to }) => this.#now >= from * 1_000 && this.#now < to * 1_000);
    this.#replay = new Replay({
      arrivals: arrivalsOf(part),
      startUp: () => (fails() ? undefined : part.startUp * 1_000),
    });
  }

  until(at: number): Signals {
    const seen = this.#replay.until(at);
    this.#now = at;
    return seen;
  }

  hold({ size }: PoolTarget): void {
    this.#replay.hold(size);
  }
}

function budgetOf({ budgets }: Plan): BudgetSettings {
  const [platform, perNamespace] = [budgets.get('platform'), budgets.get('each-namespace')];
  const others = [...budgets].filter(([of]) => of !== 'platform' && of !== 'each-namespace');
  return {
    ...(platform && { platform }),
    ...(perNamespace && { perNamespace }),
    namespaces: new Map(others),
  };
}

/** All that is played: whoever leads, whoever stands by, and their runtimes. */
class Stage {
  readonly #plan: Plan;
  readonly #players: readonly Player[];
  #leader: Rounds;
  /** Those that hear everything and lead later, and what was saved for those that read it. */
  readonly #standing = new Map<Change, Rounds>();
  readonly #saved = new Map<Change, ReadonlyMap<string, string>>();

  constructor(plan: Plan) {
    this.#plan = plan;
    this.#players = plan.parts.map((part) => new Player(part));
    this.#leader = this.#rounds();
    for (const change of plan.changes)
      if (change.knows === 'everything') this.#standing.set(change, this.#rounds());
  }

  #rounds(remembered?: ReadonlyMap<string, string>): Rounds {
    const rounds = new Rounds({
      mode: 'on',
      budget: budgetOf(this.#plan),
      onFault: (fault) => {
        throw fault instanceof Error ? fault : new Error(String(fault));
      },
    });
    if (remembered) rounds.remember(remembered);
    rounds.deploy(this.#players.map(({ runtime }) => runtime));
    return rounds;
  }

  /** A round; a row of the table for each runtime. */
  round(at: number): readonly (readonly string[])[] {
    for (const change of this.#plan.changes) this.#change(change, at);
    const seen = this.#players.map((player) => ({ player, seen: player.until(at) }));
    const set = this.#plan.clocks
      .filter((clock) => at >= clock.at * 1_000)
      .reduce((sum, { by }) => sum + by, 0);
    for (const rounds of [this.#leader, ...this.#standing.values()]) {
      tell(rounds, seen, at);
      rounds.round({ now: at + set * 1_000, at });
    }
    const targets = this.#leader.targets();
    return seen.map(({ player, seen }) => {
      const target = targets.get(runtimeKeyText(player.runtime.key));
      if (!target) throw new Error('nothing was decided');
      player.hold(target);
      return rowOf(at, player.part, seen, target);
    });
  }

  #change(change: Change, at: number): void {
    if (change.knows === 'what was saved' && at === change.saved * 1_000) {
      const rows = [...this.#leader.sized].map(([text, sized]) => [text, sized.learned() ?? ''] as const);
      this.#saved.set(change, new Map(rows));
    }
    if (at !== change.at * 1_000) return;
    this.#leader = this.#standing.get(change) ?? this.#rounds(this.#saved.get(change));
    this.#standing.delete(change);
  }
}

type Seen = readonly { readonly player: Player; readonly seen: Signals }[];

function tell(rounds: Rounds, all: Seen, at: number): void {
  const pools = all.map(({ player: { runtime }, seen: { ready, starting, startUps, failures } }) => ({
    ...{ runtime: runtime.key, ready, starting, startUps, failures },
  }));
  rounds.hearSupply({ from, nodes: 1, all: true, pools });
  const demands = all.map(({ player: { runtime }, seen: { arrivals, coldStarts } }) => ({
    ...{ runtime: runtime.key, arrivals, coldStarts, waitedMs: 0, served: 0, inFlight: 0 },
  }));
  rounds.hearDemand({ from, demands }, at);
}

/** A scenario of several runtimes names them, and tells what was wanted where there may be less. */
function rowOf(
  at: number,
  { name }: Part,
  seen: Signals,
  { size, wanted, why }: PoolTarget,
): readonly string[] {
  const numbers = [seen.arrivals, seen.coldStarts, seen.ready].map(String);
  const decided = name === undefined ? [`${size}`] : [`${wanted ?? size}`, `${size}`];
  return [`${at / 1_000}`, ...(name === undefined ? [] : [name]), ...numbers, ...decided, why?.rule ?? ''];
}

const headOf = ({ parts }: Plan): readonly string[] =>
  parts.some(({ name }) => name !== undefined)
    ? ['time', 'runtime', 'load', 'cold', 'ready', 'want', 'may', 'why']
    : ['time', 'load', 'cold', 'ready', 'want', 'why'];

const ruler = '---';

/** A scenario's text with its table as it comes out now. */
export function play(text: string): string {
  const [top = ''] = text.split(`${ruler}\n`);
  const plan = readPlan(top);
  const stage = new Stage(plan);
  const shown: (readonly string[])[] = [headOf(plan)];
  for (let second = 0; second <= (plan.show.at(-1) ?? 0); second += 1) {
    const rows = stage.round(second * 1_000);
    if (plan.show.includes(second)) shown.push(...rows);
  }
  return `${top}${ruler}\n${table(shown)}\n`;
}
