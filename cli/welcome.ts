// What a person sees when the platform starts and stops, as text. Prints nothing itself.
// Plain ASCII without colour where the output is no terminal, so that logs stay readable.
import { styleText } from 'node:util';

export interface StartedFacts {
  readonly version: string;
  readonly controlUrl: string;
  readonly activatorUrl: string;
  readonly dataDir: string;
  /** The file that leads kubectl here. */
  readonly kubeconfig: string;
  readonly tier: string;
  readonly lacks: readonly string[];
  readonly recovered: { readonly sessions: number; readonly warm: number; readonly lost: number };
}

export interface DeployedLine {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly what: string;
  readonly warnings: readonly string[];
}

type Style = 'bold' | 'dim' | 'green' | 'yellow' | 'red';
export type Paint = (style: Style, text: string) => string;

/** Colours where `colour` says so, else the text as it is. */
export const painter =
  (colour: boolean): Paint =>
  (style, text) =>
    colour ? styleText(style, text, { validateStream: false }) : text;

const label = (name: string): string => `  ${name.padEnd(11)} `;

const counted = (count: number, noun: string): string =>
  `${count} ${noun}${count === 1 ? '' : noun.endsWith('x') ? 'es' : 's'}`;

function foundAgain({ sessions, warm, lost }: StartedFacts['recovered']): string[] {
  if (sessions + warm + lost === 0) return [];
  const ended = lost > 0 ? ` (${lost} without its memory)` : '';
  return [
    `${label('found again')}${counted(sessions + lost, 'session')}${ended}, ${counted(warm, 'warm sandbox')}`,
  ];
}

/** The block that says what runs and where. */
export function startedText(facts: StartedFacts, paint: Paint): string {
  return [
    `${paint('bold', 'agentcube')} ${facts.version}`,
    '',
    `${label('activator')}${paint('green', facts.activatorUrl)}   calls to agents and interpreters`,
    `${label('control')}${paint('green', facts.controlUrl)}   runtimes, sessions, pools, /openapi.json`,
    `${label('isolation')}${facts.tier}`,
    ...facts.lacks.map((lack) => `${label('')}${paint('yellow', `without: ${lack}`)}`),
    `${label('data')}${facts.dataDir}`,
    `${label('kubectl')}${paint('green', `export KUBECONFIG=${facts.kubeconfig}`)}`,
    ...foundAgain(facts.recovered),
  ].join('\n');
}

/** What a folder's manifests became. */
export function deployedText(folder: string, lines: readonly DeployedLine[], paint: Paint): string {
  const width = Math.max(
    0,
    ...lines.map((line) => line.kind.length + line.namespace.length + line.name.length + 2),
  );
  const rows = lines.flatMap(({ kind, namespace, name, what, warnings }) => [
    `    ${`${kind} ${namespace}/${name}`.padEnd(width)}  ${paint('green', what)}`,
    ...warnings.map((warning) => `      ${paint('yellow', `warning: ${warning}`)}`),
  ]);
  return [`  deployed from ${folder}`, ...rows].join('\n');
}

/** Every problem of a folder's manifests, one a line. */
export const problemsText = (problems: readonly string[], paint: Paint): string =>
  [
    `  ${paint('red', `${problems.length} problem${problems.length === 1 ? '' : 's'}; what runs already stays as it is`)}`,
    ...problems.map((problem) => `    ${problem}`),
  ].join('\n');

/** Lines to try next, when the example agent is among what is deployed. */
export function tryNextText(facts: StartedFacts, lines: readonly DeployedLine[], paint: Paint): string {
  const stopping = paint('dim', '  Ctrl-C stops everything; sessions keep their files.');
  const agent = lines.find((line) => line.kind === 'AgentRuntime' && line.name === 'hello-agent');
  if (!agent) return stopping;
  const path = `/v1/namespaces/${agent.namespace}/agent-runtimes/${agent.name}/invocations/`;
  return [
    paint('bold', '  Try'),
    `    AGENT=${facts.activatorUrl}${path}`,
    `    curl -i $AGENT -d '{"prompt": "Introduce yourself"}'`,
    paint('dim', '  The answer names your session. Leave it alone for 30 s, see it asleep, and wake it:'),
    `    curl ${facts.controlUrl}/v1/sessions`,
    `    curl -i $AGENT -d '{"prompt": "Do you remember?"}' -H 'x-agentcube-session-id: ...'`,
    paint('dim', '  Warm pools, how large they are and why:'),
    `    curl ${facts.controlUrl}/v1/pools`,
    '',
    stopping,
  ].join('\n');
}
