// How kubelets and container runtimes name the cgroups of pods and containers, for both cgroup drivers. Pure.
//
//   cgroupfs  kubepods/burstable/pod<uid>/<container id>
//   systemd   kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod<uid with _>.slice/cri-containerd-<container id>.scope
//
// What is above differs (nested kubelets, `--cgroup-root`), so only the last two names count.

const podName = /(?:^|-)pod([0-9a-f]{8}[-_](?:[0-9a-f]{4}[-_]){3}[0-9a-f]{12})(?:\.slice)?$/;
const containerName = /^(?:cri-containerd-|crio-|docker-)?([0-9a-f]{64})(?:\.scope)?$/;

/** The uid of the pod whose cgroup is so named; undefined for any other name. */
export const podOf = (name: string): string | undefined => podName.exec(name)?.[1]?.replaceAll('_', '-');

/** The id of the container whose cgroup is so named; undefined for any other name. */
export const containerOf = (name: string): string | undefined => containerName.exec(name)?.[1];
