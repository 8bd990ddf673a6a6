// The commands by name, in the order and the groups of the help. What a command is made of is loaded when it is asked for.
import type { Command } from 'commander';
import type { App } from '../app.ts';

export interface CommandModule {
  /** Gives the command its arguments, flags, examples and work. */
  readonly define: (command: Command, app: App) => void;
}

export interface CommandEntry {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly summary: string;
  readonly group: string;
  readonly load: () => Promise<CommandModule>;
}

const platform = 'The platform:';
const deployed = 'What is deployed:';
const use = 'Agents and interpreters:';
const sessions = 'Sessions and events:';
const authors = 'For authors of agents:';
const itself = 'This command:';

export const commands: readonly CommandEntry[] = [
  {
    name: 'up',
    summary: 'start the platform on this machine',
    group: platform,
    load: () => import('./up.ts'),
  },
  {
    name: 'doctor',
    summary: 'what works here, what is missing, what mends it',
    group: platform,
    load: () => import('./doctor.ts'),
  },
  { name: 'apply', summary: 'deploy what files say', group: deployed, load: () => import('./apply.ts') },
  {
    name: 'get',
    summary: 'list runtimes, triggers, sessions, pools',
    group: deployed,
    load: () => import('./get.ts'),
  },
  { name: 'describe', summary: 'tell all about one', group: deployed, load: () => import('./describe.ts') },
  {
    name: 'delete',
    summary: 'take runtimes, triggers and sessions away',
    group: deployed,
    load: () => import('./delete.ts'),
  },
  {
    name: 'pools',
    aliases: ['top'],
    summary: 'warm pools, what is awake, and why',
    group: deployed,
    load: () => import('./pools.ts'),
  },
  { name: 'invoke', summary: 'call an agent', group: use, load: () => import('./invoke.ts') },
  { name: 'run', summary: 'run a script in an interpreter', group: use, load: () => import('./run.ts') },
  { name: 'exec', summary: 'run a command in an interpreter', group: use, load: () => import('./exec.ts') },
  { name: 'cp', summary: 'copy files to and from a session', group: use, load: () => import('./cp.ts') },
  { name: 'logs', summary: 'what a sandbox printed', group: use, load: () => import('./logs.ts') },
  {
    name: 'sessions',
    aliases: ['session'],
    summary: 'list, look at, pause, resume and end sessions',
    group: sessions,
    load: () => import('./sessions.ts'),
  },
  {
    name: 'events',
    aliases: ['event'],
    summary: 'send events, watch deliveries, dead letters',
    group: sessions,
    load: () => import('./events.ts'),
  },
  {
    name: 'pack',
    summary: "write down what an agent's folder is",
    group: authors,
    load: () => import('./pack.ts'),
  },
  {
    name: 'build',
    summary: 'make an image of it, without Docker or with',
    group: authors,
    load: () => import('./build.ts'),
  },
  { name: 'publish', summary: 'deploy what was built', group: authors, load: () => import('./publish.ts') },
  { name: 'status', summary: 'how it is on the platform', group: authors, load: () => import('./status.ts') },
  {
    name: 'config',
    summary: 'which platform is meant, and which there are',
    group: itself,
    load: () => import('./config.ts'),
  },
  {
    name: 'completion',
    summary: 'complete this command in bash, zsh or fish',
    group: itself,
    load: () => import('./completion.ts'),
  },
  {
    name: 'version',
    summary: 'this command and the platform',
    group: itself,
    load: () => import('./version.ts'),
  },
];
