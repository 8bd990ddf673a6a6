// The configuration of the whole platform in one process: one schema, defaults inside, by file, environment and flag
// with the same names (`activatorPort`, AGENTCUBE_ACTIVATOR_PORT, --activator-port). Does not read any of them.
import { z } from 'zod';
import { eventFields } from './events.ts';
import { count, port, seconds, texts, toggle } from './fields.ts';
import type { Beyond } from './load.ts';
import { scalingFields } from './scaling.ts';

export const platformConfigSchema = z.strictObject({
  host: z.string().default('127.0.0.1').describe('address to listen on'),
  insecure: toggle.describe('listen beyond this machine although nobody is asked who he is'),
  allowedOrigins: texts
    .optional()
    .describe('origins whose web pages may call, such as http://localhost:3000'),
  allowedHosts: texts
    .optional()
    .describe('names that this machine is called by in requests, besides localhost'),
  controlPort: port
    .default(8080)
    .describe('port of the control API (runtimes, sessions); 0 picks a free one'),
  activatorPort: port.default(8081).describe('port of the activator (invocations); 0 picks a free one'),
  dataDir: z.string().min(1).optional().describe('where sessions, files and keys live'),
  isolation: z
    .enum(['auto', 'bubblewrap', 'unshare', 'plain'])
    .default('auto')
    .describe('how sandboxes are kept apart; auto takes the best this host has'),
  images: z.string().min(1).optional().describe('YAML file of local images, beside those in the folder'),
  maxConcurrentRequests: count.default(1_000).describe('requests in hand at once, waiting ones not counted'),
  maxWaitingPerSession: count.default(1_000).describe('requests that may wait for one session to wake'),
  maxWaitingPerRuntime: count.default(2_000).describe('requests that may wait for sandboxes of one runtime'),
  maxWaiting: count.default(4_000).describe('requests that may wait in all'),
  wakeTimeoutSeconds: count.default(120).describe('how long a request waits for its sandbox'),
  ...eventFields,
  startTimeoutSeconds: count.default(120).describe('how long a sandbox may take to become ready'),
  drainSeconds: seconds.default(5).describe('how long a stop waits for work in hand'),
  ...scalingFields,
  logFile: z
    .string()
    .min(1)
    .optional()
    .describe('where the log goes; - for standard error; platform.log in the data directory by default'),
  logLevel: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'])
    .default('warn')
    .describe('what is logged, as JSON lines'),
});

export type PlatformConfig = z.infer<typeof platformConfigSchema>;

const isLoopback = (host: string): boolean => /^(localhost|127(\.\d{1,3}){3}|::1)$/.test(host);

export const platformConfig: Beyond<PlatformConfig> = {
  check: ({ host, insecure }) =>
    host !== undefined && !isLoopback(host) && insecure !== true
      ? [
          {
            name: 'host',
            message: `${host} is reached from elsewhere, and whoever reaches it may run code; say insecure if that is meant`,
          },
        ]
      : [],
};
