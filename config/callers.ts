// How callers prove who they are, by AgentCube's names: tokens of an OpenID Connect issuer. Asks nobody.
import { z } from 'zod';
import { text } from './fields.ts';
import type { SettingProblem } from './load.ts';

export const callerFields = {
  jwtIssuerUrl: z
    .url({ protocol: /^https?$/, error: 'an http(s) URL is expected' })
    .optional()
    .describe('issuer of the tokens that callers must show (OpenID Connect); without it everybody may call'),
  jwtAudience: z
    .string()
    .default('agentcube-api')
    .describe('audience that tokens must be for; empty takes tokens for anybody'),
  jwtRoleClaim: text
    .optional()
    .describe('where in a token the roles are: a claim, or a path such as realm_access.roles'),
  jwtRequiredRole: text
    .optional()
    .describe('role that callers must have; admin has every right, on all sessions'),
};

type CallerConfig = {
  readonly [name in keyof typeof callerFields]?: z.infer<(typeof callerFields)[name]> | undefined;
};

/** Who may call, complete; undefined when everybody may. */
export interface CallerRules {
  readonly issuer: string;
  readonly audience: string;
  readonly roleClaim: string;
  readonly requiredRole: string;
}

/** As AgentCube's router: with an issuer, both of what a role needs must be said; without one, nothing of it has an effect. */
export function callerProblems(given: CallerConfig): readonly SettingProblem[] {
  const { jwtIssuerUrl, jwtRoleClaim, jwtRequiredRole } = given;
  const roles = { jwtRoleClaim, jwtRequiredRole };
  return Object.entries(roles).flatMap(([name, value]) => {
    if (jwtIssuerUrl !== undefined && value === undefined)
      return [{ name, message: 'is needed beside jwtIssuerUrl' }];
    if (jwtIssuerUrl === undefined && value !== undefined)
      return [{ name, message: 'has an effect only with jwtIssuerUrl' }];
    return [];
  });
}

export function callerRules(config: CallerConfig): CallerRules | undefined {
  const { jwtIssuerUrl: issuer, jwtAudience: audience = '', jwtRoleClaim, jwtRequiredRole } = config;
  if (issuer === undefined || jwtRoleClaim === undefined || jwtRequiredRole === undefined) return undefined;
  return { issuer, audience, roleClaim: jwtRoleClaim, requiredRole: jwtRequiredRole };
}
