// What every program that listens is told: where, with which certificate, and where its log goes. Opens nothing.
import { z } from 'zod';
import { port, seconds, text, toggle } from './fields.ts';
import type { SettingProblem } from './load.ts';
import { unreadable } from './redis.ts';

export const hostField = text.default('127.0.0.1').describe('address to listen on');

export const portField = (fallback: number, what: string) =>
  port.default(fallback).describe(`port of ${what}; 0 picks a free one`);

export const logFields = {
  logFile: text.default('-').describe('where the log goes; - for standard error'),
  logLevel: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'])
    .default('warn')
    .describe('what is logged, as JSON lines'),
};

export const drainField = seconds.default(15).describe('how long a stop waits for work in hand');

export const tlsFields = {
  enableTls: toggle.describe('serve HTTPS; needs tlsCert and tlsKey'),
  tlsCert: text.optional().describe('file of the certificate'),
  tlsKey: text.optional().describe('file of its key'),
};

/** How soon a leader that is gone is replaced. */
export const leadField = z.coerce
  .number({ error: 'a number is expected' })
  .min(0.5)
  .default(3)
  .describe('seconds after which a leader that is silent is replaced');

export interface TlsConfig {
  readonly enableTls: boolean;
  readonly tlsCert?: string | undefined;
  readonly tlsKey?: string | undefined;
  /** Whoever connects must show a certificate that this one signed. */
  readonly tlsCa?: string | undefined;
}

/** Content of the files; undefined means plain HTTP. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
  readonly ca?: string;
}

/** What the settings of TLS say together, files included. */
export function tlsServingProblems(
  given: Partial<TlsConfig>,
  readFile: (path: string) => string,
): readonly SettingProblem[] {
  const { enableTls, tlsCert, tlsKey, tlsCa } = given;
  const problems: SettingProblem[] = [];
  const whole = tlsCert !== undefined && tlsKey !== undefined;
  if (enableTls === true && !whole) problems.push({ name: 'enableTls', message: 'needs tlsCert and tlsKey' });
  if (tlsCa !== undefined && !whole) problems.push({ name: 'tlsCa', message: 'needs tlsCert and tlsKey' });
  // A certificate that is never shown: whoever gave it believes that the port is safe.
  if (enableTls !== true && tlsCa === undefined)
    for (const name of ['tlsCert', 'tlsKey'] as const)
      if (given[name] !== undefined) problems.push({ name, message: 'has an effect only with enableTls' });
  const files = ['tlsCert', 'tlsKey', 'tlsCa'] as const;
  return [...problems, ...files.flatMap((name) => unreadable(name, given[name], readFile))];
}

/** Undefined when plain HTTP is served. Throws as `readFile` does. */
export function certificateOf(
  { enableTls, tlsCert, tlsKey, tlsCa }: TlsConfig,
  readFile: (path: string) => string,
): Certificate | undefined {
  if (tlsCert === undefined || tlsKey === undefined || (!enableTls && tlsCa === undefined)) return undefined;
  return {
    cert: readFile(tlsCert),
    key: readFile(tlsKey),
    ...(tlsCa !== undefined && { ca: readFile(tlsCa) }),
  };
}
