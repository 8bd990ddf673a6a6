// One word for why sandboxes do not start, as Kubernetes wants it in a condition's `reason`. Decides only.
// Does not own the words around it: those are the driver's, which begin with the word where Kubernetes itself has one.

const leading = /^([A-Z][A-Za-z]+): /;

/** Signs in words that begin otherwise; the first that fits is taken. */
const signs: readonly (readonly [reason: string, sign: RegExp])[] = [
  ['ImagePullBackOff', /\bImagePullBackOff\b/],
  ['ErrImagePull', /\bErrImagePull\b/],
  ['OutOfMemory', /\bout of memory\b/],
  ['QuotaExceeded', /\bexceeded quota\b/],
  ['AdmissionDenied', /\badmission webhook\b|\bviolates PodSecurity\b|\bis forbidden\b/],
  ['Unschedulable', /\bnodes are available\b/],
  ['Crashed', /\bexit code \d|\bkilled by SIG/],
  ['NodeAgentUnreachable', /\bnode agent\b.*\bdoes not answer\b/],
  ['ClusterUnavailable', /\bAPI server of the cluster\b/],
  ['NotReady', /\bnot ready after\b/],
];

/** `otherwise` when the words name no cause that is known. */
export const troubleReason = (words: string, otherwise: string): string =>
  leading.exec(words)?.[1] ?? signs.find(([, sign]) => sign.test(words))?.[0] ?? otherwise;
