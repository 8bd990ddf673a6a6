// What of a pod's template makes it impossible to put the pod to sleep. Does not own what follows from it.
// A frozen container does not answer, so a liveness probe would have it restarted, and its memory would be gone.
// A readiness probe only takes the pod out of Services, and a startup probe is over before anything sleeps.
import type { Container } from './container.ts';
import type { PodSpec } from './pod-spec.ts';

/** Init containers that run beside the others (`restartPolicy: Always`) are probed as these are. */
const lasting = ({
  containers,
  initContainers = [],
}: Pick<PodSpec, 'containers' | 'initContainers'>): Container[] => [
  ...containers,
  ...initContainers.filter(({ restartPolicy }) => restartPolicy === 'Always'),
];

/** In words, such as `liveness probe of container agent`; none when its pods can sleep. */
export const keepsAwake = (spec: Pick<PodSpec, 'containers' | 'initContainers'>): string[] =>
  lasting(spec)
    .filter(({ livenessProbe }) => livenessProbe !== undefined)
    .map(({ name }) => `liveness probe of container ${name}`);
