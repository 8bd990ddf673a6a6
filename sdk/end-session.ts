// Owns: ending a session over the control API, by AgentCube's own routes, which every server has.
// Does not own: which session, and when.
import type { CallOptions } from './options.ts';
import { AgentCubeError } from './errors.ts';
import type { Client } from './transport/client.ts';

export type RuntimeKind = 'AgentRuntime' | 'CodeInterpreter';

const routes: Readonly<Record<RuntimeKind, string>> = {
  AgentRuntime: '/v1/agent-runtime/sessions/',
  CodeInterpreter: '/v1/code-interpreter/sessions/',
};

/** False when it was gone already. Both routes end sessions of either kind. */
export async function endSession(
  control: Client,
  kind: RuntimeKind,
  sessionId: string,
  options: CallOptions = {},
): Promise<boolean> {
  try {
    const answer = await control.call({
      feature: 'sessions.delete',
      answerer: 'platform',
      additive: false,
      harmless: true,
      ...options,
      namesSession: sessionId,
      method: 'DELETE',
      path: routes[kind] + encodeURIComponent(sessionId),
    });
    await answer.body.cancel();
    return true;
  } catch (fault) {
    const gone = fault instanceof AgentCubeError && /^SESSION_(NOT_FOUND|ENDED)$/.test(fault.code);
    if (gone) return false;
    throw fault;
  }
}
