// Asks the API server who a caller is (TokenReview) and what it may (SubjectAccessReview). Remembers nothing.
// Does not own which rights a route wants, nor what a caller without them is told.
import type { Caller, CallerReviews, Right } from '../../controller/api/authentication.ts';
import type { Cluster } from './client.ts';
import { asClusterFailure } from './cluster-failures.ts';

interface TokenReview {
  readonly status?: { readonly authenticated?: boolean; readonly user?: Partial<Caller> };
}

interface SubjectAccessReview {
  readonly status?: { readonly allowed?: boolean };
}

type Asked = Pick<Cluster, 'request'>;

async function post<T>(cluster: Asked, apiVersion: string, kind: string, spec: object): Promise<T> {
  const path = `/apis/${apiVersion}/${kind.toLowerCase()}s`;
  try {
    return await cluster.request<T>({ method: 'POST', path, body: { apiVersion, kind, spec } });
  } catch (fault) {
    throw asClusterFailure(fault);
  }
}

const specOf = ({ username, uid, groups, extra }: Caller, { verb, namespace, group, resource }: Right) => ({
  user: username,
  ...(uid !== undefined && { uid }),
  ...(groups && { groups }),
  ...(extra && { extra }),
  resourceAttributes: { verb, group, resource, ...(namespace !== '' && { namespace }) },
});

/** Without audiences, as AgentCube asks: a token for the API server itself. */
export const clusterReviews = (cluster: Asked): CallerReviews => ({
  async callerOf(token) {
    const { status } = await post<TokenReview>(cluster, 'authentication.k8s.io/v1', 'TokenReview', { token });
    const { username = '', ...user } = status?.user ?? {};
    return status?.authenticated === true ? { ...user, username } : undefined;
  },
  async may(caller, right) {
    const spec = specOf(caller, right);
    const answer = await post<SubjectAccessReview>(
      cluster,
      'authorization.k8s.io/v1',
      'SubjectAccessReview',
      spec,
    );
    return answer.status?.allowed === true;
  },
});
