// AgentCube's flags that are none of ours, and klog's, with what they mean here. Those of the same name are in the schemas.
import type { ForeignFlag, Meaning } from './foreign.ts';

type Flags = Readonly<Record<string, ForeignFlag>>;

const flag = (bare: boolean, meaning: Meaning): ForeignFlag => ({ bare, meaning: () => meaning });
const noEffect = (why: string, bare = false): ForeignFlag => flag(bare, { kind: 'no-effect', why });
const nothing: Meaning = { kind: 'no-effect', why: 'that is how it is without it' };

const level = (name: string): Meaning => ({ kind: 'setting', name: 'logLevel', value: name });

/** klog's 4 is where its debugging begins. */
const verbosity: ForeignFlag = {
  bare: false,
  meaning: (value) => (Number(value) >= 4 ? level('debug') : Number(value) > 0 ? level('info') : nothing),
};

const klogSwitches = [
  'add_dir_header',
  'alsologtostderr',
  'legacy_stderr_threshold_behavior',
  'logtostderr',
  'one_output',
  'skip_headers',
  'skip_log_headers',
];
const klogValues = [
  'log_backtrace_at',
  'log_dir',
  'log_file',
  'log_file_max_size',
  'stderrthreshold',
  'vmodule',
];

const klogNote = 'the log is JSON lines; see logFile and logLevel';

function bothSpellings(names: readonly string[], made: ForeignFlag): [string, ForeignFlag][] {
  return [...new Set(names.flatMap((name) => [name, name.replaceAll('_', '-')]))].map((name) => [name, made]);
}

const ourOwn = new Set(['log-file']);

/** The flags that every Go program with klog has. */
export const klogFlags: Flags = Object.fromEntries(
  [
    ...bothSpellings(klogSwitches, noEffect(klogNote, true)),
    ...bothSpellings(klogValues, noEffect(klogNote)),
    ['v', verbosity] as const,
  ].filter(([name]) => !ourOwn.has(name)),
);

const debug: ForeignFlag = {
  bare: true,
  meaning: (value) => (value === 'true' ? level('debug') : nothing),
};

const idle = 'activator and controller meet in Redis, not over HTTP; see redisTls';

/** Of the router. */
export const routerFlags: Flags = {
  ...klogFlags,
  debug,
  'mtls-cert': noEffect(idle),
  'mtls-key': noEffect(idle),
  'mtls-ca': noEffect(idle),
};

/** Of the workload manager. */
export const workloadManagerFlags: Flags = {
  ...klogFlags,
  'runtime-class-name': noEffect('a runtime class is given in a runtime itself'),
};
