// The `status` of a runtime on a cluster: is it served, do its sandboxes start, do idle ones sleep, how many there are and why.
// Decides only. Does not own the facts, nor when they are told (status-teller.ts). AgentCube's part of it means what it means there.
import type { Condition } from '../../model/metadata.ts';
import type { RuntimeKind } from '../../model/sandbox.ts';
import { longestMessage, type ToldCondition, type ToldStatus } from '../../model/told-status.ts';
import { withCondition, type ConditionNow } from './conditions.ts';
import { readiness, type PoolFacts, type Told, type Verdict } from './runtime-status.ts';
import { scaled, toldScaling } from './scaling-status.ts';
import { sleeping, type Sleep } from './sleep-status.ts';
import { troubleReason } from './start-trouble.ts';

/** Sessions of a runtime whose sandbox runs or starts, and those that sleep. */
export interface SessionCounts {
  readonly active: number;
  readonly asleep: number;
}

export interface ClusterFacts {
  readonly kind: RuntimeKind;
  /** The object's generation that all this is about. */
  readonly generation: number;
  readonly verdict: Verdict;
  /** Paths of fields that the platform does not know and passes on. */
  readonly unknownFields: readonly string[];
  /** Undefined where nobody can say. */
  readonly sleep: Sleep | undefined;
  /** Undefined until they were counted. */
  readonly sessions: SessionCounts | undefined;
  /** Why the newest session had no sandbox, until one has. */
  readonly startTrouble: string | undefined;
  /** Since when the pool is smaller than wanted (ms since the epoch). */
  readonly shortSince: number | undefined;
}

/** A pool is short after each claim; only what lasts is worth a condition (ms). */
export const passingShortageMs = 10_000;

function acceptance({ verdict, unknownFields }: ClusterFacts): Told {
  if (!verdict.accepted) return { status: 'False', reason: verdict.reason, message: verdict.message };
  const message = 'the runtime is valid';
  if (unknownFields.length === 0) return { status: 'True', reason: 'Valid', message };
  const passedOn = `passed on although not known here: ${unknownFields.join(', ')}`;
  return { status: 'True', reason: 'Valid', message: `${message}; ${passedOn}` };
}

const poolIn = (verdict: Verdict): PoolFacts | undefined => (verdict.accepted ? verdict.pool : undefined);

const failing = (otherwise: string, trouble: string, message: string): Told => ({
  status: 'False',
  reason: troubleReason(trouble, otherwise),
  message,
});

/** A shortage that may pass says nothing of a runtime that was ready a moment ago. */
const isPassing = ({ shortSince, generation }: ClusterFacts, before: Condition, now: number): boolean =>
  before.status === 'True' &&
  before.observedGeneration === generation &&
  shortSince !== undefined &&
  now - shortSince < passingShortageMs;

function ready(facts: ClusterFacts, before: Condition | undefined, now: number): Told {
  const { kind, verdict, startTrouble } = facts;
  const told = readiness(kind, verdict);
  if (!verdict.accepted) return told;
  const { trouble } = verdict.pool;
  const isShort = told.status === 'False';
  if (isShort && trouble !== undefined) return failing(told.reason, trouble, told.message);
  if (startTrouble !== undefined)
    return failing('StartFailed', startTrouble, `the newest session got no sandbox: ${startTrouble}`);
  if (!isShort || !before || !isPassing(facts, before, now)) return told;
  return { status: 'True', reason: before.reason, message: before.message };
}

/** The texts of others may be of any length. */
const bounded = (told: Told): Told => ({ ...told, message: told.message.slice(0, longestMessage) });

const conditionOf = (type: string, told: Told, observedGeneration: number): ConditionNow => ({
  ...{ type, observedGeneration },
  ...bounded(told),
});

/** In order of type, so that two of them can be compared. */
const sorted = (conditions: readonly Condition[]): ToldCondition[] =>
  [...conditions]
    .sort((one, other) => (one.type < other.type ? -1 : 1))
    .map(({ type, status, reason, message, lastTransitionTime, observedGeneration }) => ({
      ...{ type, status, reason, message, lastTransitionTime },
      ...(observedGeneration !== undefined && { observedGeneration }),
    }));

/** Which conditions are ours. */
export const ownConditions: ReadonlySet<string> = new Set(['Accepted', 'Ready', 'Scaled', 'Sleeps']);

/** What of a status, as it was found, was told by us: of these types of condition; undefined where it is nothing of the kind. */
export function toldBefore(
  status: unknown,
  conditionTypes: ReadonlySet<string> = ownConditions,
): ToldStatus | undefined {
  if (typeof status !== 'object' || status === null) return undefined;
  const {
    conditions,
    ready: isReady,
    observedGeneration,
    revision,
    warm,
    wanted,
    active,
    asleep,
    scaling,
  } = status as ToldStatus;
  if (!Array.isArray(conditions)) return undefined;
  const own = conditions.filter(({ type }) => conditionTypes.has(type));
  const fields = { ready: isReady, observedGeneration, revision, warm, wanted, active, asleep, scaling };
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  return { conditions: sorted(own), ...Object.fromEntries(given) };
}

/** The status that is to be told. `before` is what was told last; `now` is ms since the epoch. */
export function clusterStatus(facts: ClusterFacts, before: ToldStatus | undefined, now: number): ToldStatus {
  const { generation, verdict, sessions, sleep } = facts;
  const had: readonly Condition[] = before?.conditions ?? [];
  const of = (wanted: string): Condition[] => had.filter(({ type }) => type === wanted);
  const readyNow = ready(facts, of('Ready')[0], now);
  const scaling = verdict.accepted ? scaled(verdict.runtime, verdict.pool) : undefined;
  const told = [
    conditionOf('Accepted', acceptance(facts), generation),
    conditionOf('Ready', readyNow, generation),
    ...(scaling ? [conditionOf('Scaled', scaling, generation)] : []),
    ...(sleep ? [conditionOf('Sleeps', sleeping(sleep), generation)] : []),
  ];
  const pool = poolIn(verdict);
  return {
    conditions: sorted(told.flatMap((one) => withCondition(of(one.type), one, now))),
    ready: readyNow.status === 'True',
    observedGeneration: generation,
    ...(verdict.accepted && {
      revision: verdict.runtime.revision,
      scaling: toldScaling(verdict.runtime, verdict.pool),
    }),
    warm: pool?.ready ?? 0,
    wanted: pool?.wanted ?? 0,
    ...sessions,
  };
}
