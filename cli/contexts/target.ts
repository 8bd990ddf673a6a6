// Which platform a command speaks to, and the three addresses of it: the API server that keeps runtimes, the control API, the
// activator. On a laptop the first two are one; on a cluster the platform's own are behind the API server's service proxy.
import os from 'node:os';
import path from 'node:path';
import { CliError, misused } from '../failure.ts';
import { Endpoint, type Access, type Manner } from '../http/endpoint.ts';
import { variable, type Io } from '../io.ts';
import { accessOf } from './credentials.ts';
import { contextNamed, readKubeconfig, type KubeContext, type Kubeconfig } from './kubeconfig.ts';
import { localPlatform } from './local.ts';

/** What the flags say; each also as a variable (docs/cli.md). */
export interface TargetFlags {
  readonly context?: string;
  readonly kubeconfig?: string;
  readonly namespace?: string;
  readonly controlUrl?: string;
  readonly routerUrl?: string;
  readonly platformNamespace?: string;
}

export interface Target {
  /** The context's name; of a platform without one, its control address. */
  readonly name: string;
  readonly namespace: string;
  readonly where: 'laptop' | 'cluster';
  /** Why it was chosen, for people. */
  readonly chosen: string;
  readonly api: Endpoint;
  readonly control: Endpoint;
  readonly router: Endpoint;
}

/** Names and ports of the chart's services, which are AgentCube's. */
const services = { control: 'workloadmanager:8080', router: 'agentcube-router:8080' };
export const localContext = 'agentcube-local';

interface Chosen {
  readonly context: KubeContext;
  readonly chosen: string;
}

const nothingThere = (): CliError =>
  new CliError(
    'unreachable',
    'no platform runs on this machine, and no kubeconfig names one',
    'start one with: agentcube up; or name a cluster with --kubeconfig FILE',
  );

const synthetic = (controlUrl: string, activatorUrl: string): KubeContext => ({
  name: localContext,
  namespace: undefined,
  cluster: {
    value: {
      server: controlUrl,
      extensions: [{ name: 'agentcube', extension: { control: controlUrl, activator: activatorUrl } }],
    },
    folder: os.tmpdir(),
  },
  user: { value: {}, folder: os.tmpdir() },
});

/** The kubeconfig files that count, as kubectl looks for them, and that of the platform here behind them. */
export function kubeconfigFiles(
  io: Io,
  flag: string | undefined,
): { readonly named: readonly string[]; readonly home: string } {
  const home = path.join(io.home, '.kube/config');
  if (flag !== undefined) return { named: [path.resolve(io.cwd, flag)], home };
  const listed =
    variable(io, 'KUBECONFIG')
      ?.split(path.delimiter)
      .filter((file) => file !== '') ?? [];
  return { named: listed.map((file) => path.resolve(io.cwd, file)), home };
}

function withLocal(io: Io, config: Kubeconfig, name: string): KubeContext {
  const local = localPlatform(io);
  if (name === localContext && !config.contexts.has(name) && local)
    return synthetic(local.controlUrl, local.activatorUrl);
  return contextNamed(config, name);
}

/** As kubectl, but that a platform that runs here comes before ~/.kube/config. */
async function choose(io: Io, flags: TargetFlags): Promise<Chosen> {
  const { named, home } = kubeconfigFiles(io, flags.kubeconfig);
  const wanted = flags.context ?? variable(io, 'AGENTCUBE_CONTEXT');
  if (wanted !== undefined) {
    const local = localPlatform(io);
    const read = named.length > 0 ? named : [home, ...(local ? [local.kubeconfig] : [])];
    const config = await readKubeconfig(read, flags.kubeconfig !== undefined);
    const chosen = flags.context === undefined ? 'AGENTCUBE_CONTEXT' : '--context';
    return { context: withLocal(io, config, wanted), chosen };
  }
  if (named.length > 0) {
    const config = await readKubeconfig(named, flags.kubeconfig !== undefined);
    const chosen =
      flags.kubeconfig === undefined ? 'current context of KUBECONFIG' : 'current context of --kubeconfig';
    if (config.current !== undefined) return { context: contextNamed(config, config.current), chosen };
    if (flags.kubeconfig !== undefined)
      throw misused(`${flags.kubeconfig} has no current-context`, 'name one with --context');
  }
  return besides(io, home);
}

async function besides(io: Io, home: string): Promise<Chosen> {
  const local = localPlatform(io);
  if (local) {
    const config = await readKubeconfig([local.kubeconfig]);
    const context =
      config.current === undefined
        ? synthetic(local.controlUrl, local.activatorUrl)
        : contextNamed(config, config.current);
    return { context, chosen: 'the platform that runs on this machine' };
  }
  const config = await readKubeconfig([home]);
  if (config.current === undefined) throw nothingThere();
  return { context: contextNamed(config, config.current), chosen: `current context of ${home}` };
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

/** What the platform wrote into its kubeconfig about itself. */
function addressesIn({ cluster }: KubeContext): { control?: string; activator?: string } {
  const found = cluster.value.extensions?.find(({ name }) => name === 'agentcube')?.extension;
  if (typeof found !== 'object' || found === null) return {};
  const { control, activator } = found as Record<string, unknown>;
  return { ...(isText(control) && { control }), ...(isText(activator) && { activator }) };
}

function checkedUrl(text: string | undefined, from: string): string | undefined {
  if (text === undefined) return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return text;
  throw misused(`${from}: ${JSON.stringify(text)} is no address`, 'such as http://127.0.0.1:8080');
}

interface Addresses {
  readonly control: string | undefined;
  readonly router: string | undefined;
}

const given = (io: Io, flags: TargetFlags): Addresses => ({
  control:
    checkedUrl(flags.controlUrl, '--control-url') ??
    checkedUrl(variable(io, 'WORKLOAD_MANAGER_URL'), 'WORKLOAD_MANAGER_URL'),
  router: checkedUrl(flags.routerUrl, '--router-url') ?? checkedUrl(variable(io, 'ROUTER_URL'), 'ROUTER_URL'),
});

const namespaceOf = (io: Io, flags: TargetFlags, context?: KubeContext): string =>
  flags.namespace ?? variable(io, 'AGENTCUBE_NAMESPACE') ?? context?.namespace ?? 'default';

/** A platform that is told by addresses alone. */
function byAddress(io: Io, flags: TargetFlags, control: string, router: string, manner: Manner): Target {
  const token = variable(io, 'AGENTCUBE_API_TOKEN');
  const access: Access = token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } };
  const entered = { ...manner, access: () => Promise.resolve(access) };
  const endpoint = new Endpoint(control, entered);
  return {
    name: control,
    namespace: namespaceOf(io, flags),
    where: 'laptop',
    chosen: flags.controlUrl === undefined ? 'WORKLOAD_MANAGER_URL' : '--control-url',
    api: endpoint,
    control: endpoint,
    router: new Endpoint(router, entered),
  };
}

/** The platform that the flags, the variables and the kubeconfig mean. Rejects with what is missing. */
export async function findTarget(io: Io, flags: TargetFlags, manner: Manner): Promise<Target> {
  const address = given(io, flags);
  const free = flags.context === undefined && flags.kubeconfig === undefined;
  if (free && address.control !== undefined && address.router !== undefined)
    return byAddress(io, flags, address.control, address.router, manner);
  const { context, chosen } = await choose(io, flags);
  const { server } = context.cluster.value;
  if (!isText(server) || !URL.canParse(server))
    throw misused(`context ${context.name}: its cluster has no server`, 'correct the kubeconfig');
  const api = new Endpoint(server, { ...manner, access: () => accessOf(context) });
  const written = addressesIn(context);
  const where = written.control === undefined ? 'cluster' : 'laptop';
  const namespace = flags.platformNamespace ?? variable(io, 'AGENTCUBE_PLATFORM_NAMESPACE') ?? 'agentcube';
  const proxied = (service: string): Endpoint =>
    api.below(`/api/v1/namespaces/${namespace}/services/${service}/proxy`);
  const at = (said: string | undefined, own: string | undefined, service: string): Endpoint =>
    (said ?? own) === undefined ? proxied(service) : new Endpoint((said ?? own) as string, manner);
  const control = at(address.control, written.control, services.control);
  const router = at(address.router, written.activator, services.router);
  const keeps = where === 'laptop' && address.control !== undefined ? control : api;
  return {
    name: context.name,
    namespace: namespaceOf(io, flags, context),
    where,
    chosen,
    api: keeps,
    control,
    router,
  };
}
