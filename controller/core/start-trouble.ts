// One word for why sandboxes do not start, as Kubernetes wants it in a condition's `reason`. Decides only.
// Does not own the words around it: those are the driver's.

/** The first that fits is taken; Kubernetes' own words come first, as people look for them. */
const causes: readonly (readonly [reason: string, sign: RegExp])[] = [
  ['ImagePullBackOff', /\bImagePullBackOff\b/],
  ['ErrImagePull', /\bErrImage(?:Pull|NeverPull)\b/],
  ['InvalidImageName', /\bInvalidImageName\b/],
  ['CrashLoopBackOff', /\bCrashLoopBackOff\b/],
  ['CreateContainerConfigError', /\bCreateContainerConfigError\b/],
  ['CreateContainerError', /\b(?:CreateContainerError|RunContainerError)\b/],
  ['OutOfMemory', /\b(?:OOMKilled|out of memory)\b/i],
  ['QuotaExceeded', /\bexceeded quota\b|\bquota\b/i],
  ['AdmissionDenied', /\badmission\b|\bviolates PodSecurity\b|\bforbidden\b|\bdenied\b/i],
  ['Unschedulable', /\bunschedulable\b|\bnodes are available\b/i],
];

/** `otherwise` when the words name none of the causes that are known. */
export const troubleReason = (words: string, otherwise: string): string =>
  causes.find(([, sign]) => sign.test(words))?.[0] ?? otherwise;
