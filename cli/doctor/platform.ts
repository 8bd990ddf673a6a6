// Whether the platform that a command line means is there and well: both addresses answer, runtimes are ready, pools are full.
import type { Target } from '../contexts/target.ts';
import { CliError, textOf } from '../failure.ts';
import { deployables } from '../kinds.ts';
import { DeployedThings, type Deployed } from '../things/deployed.ts';
import { listPools } from '../things/pools.ts';
import { finding, type Finding } from './finding.ts';

const told = (fault: unknown): string => textOf(fault).split('\n', 1)[0] ?? '';

async function answers(what: string, ask: () => Promise<unknown>, mend: string): Promise<Finding> {
  try {
    await ask();
    return finding('platform', 'good', `${what} answers`);
  } catch (fault) {
    return finding(
      'platform',
      'bad',
      `${what}: ${told(fault)}`,
      fault instanceof CliError ? (fault.hint ?? mend) : mend,
    );
  }
}

const unready = ({ status }: Deployed): string | undefined => {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  return ready && ready.status !== 'True'
    ? (ready.message ?? ready.reason ?? 'it does not say why')
    : undefined;
};

async function deployed(target: Target): Promise<Finding[]> {
  const lists = await Promise.all(deployables.map((kind) => new DeployedThings(kind).objects(target, {})));
  const all = lists.flat() as readonly Deployed[];
  const bad = all.flatMap((one) => {
    const why = unready(one);
    const { namespace = 'default', name } = one.metadata;
    const mend = `agentcube describe ${one.kind.toLowerCase()}/${name} -n ${namespace}`;
    return why === undefined
      ? []
      : [finding('platform', 'poor', `${one.kind} ${namespace}/${name} is not ready: ${why}`, mend)];
  });
  const count = `${all.length} runtimes and triggers, ${all.length - bad.length} of them ready`;
  return [finding('platform', 'good', count), ...bad];
}

async function pools(target: Target): Promise<Finding[]> {
  const short = (await listPools(target, {})).filter(({ trouble }) => trouble !== undefined);
  return short.map(({ namespace, name, trouble = '' }) =>
    finding(
      'platform',
      'poor',
      `the pool of ${namespace}/${name} is short: ${trouble}`,
      `agentcube logs or agentcube describe pool/${name} -n ${namespace}`,
    ),
  );
}

/** All that can be seen from here. Never rejects. */
export async function lookAtPlatform(target: Target): Promise<Finding[]> {
  const { name, chosen, control, router } = target;
  const mend = 'start it with: agentcube up; or choose another with --context';
  const first = await Promise.all([
    answers(`the control API at ${control.url}`, () => control.json('/health'), mend),
    answers(`the activator at ${router.url}`, () => router.json('/health/ready'), mend),
  ]);
  const where = finding('platform', 'good', `context ${name}: ${chosen}`);
  const more = await Promise.all([
    deployed(target).catch((fault: unknown) => [
      finding('platform', 'poor', `runtimes cannot be listed: ${told(fault)}`),
    ]),
    pools(target).catch(() => []),
  ]);
  const reached = first[0]?.standing === 'good';
  return [where, ...first, ...(reached ? more.flat() : [])];
}
