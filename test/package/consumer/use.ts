// What a stranger's project does with the package, type-checked there as it is.
import { AgentCubeError, AgentRuntime, CodeInterpreter, Events, Sessions } from 'agentcube';
import { AgentError, events, route, serve, webSocket, type Context, type Handler } from 'agentcube/agent';
import { testPlatform } from 'agentcube/testing';

export const handler: Handler<{ prompt: string }> = async ({ prompt }, context: Context) => {
  if (prompt === '') throw new AgentError(400, 'NO_PROMPT', 'say something');
  return { prompt, turn: context.turn, session: context.sessionId };
};

export const start = () =>
  serve({
    routes: {
      '/': handler,
      'GET /count': (_input, { log }) => log.info('counted'),
      '/events': events<{ n: number }>((event) => ({ type: 'done', data: (event.data?.n ?? 0) + 1 })),
      '/upload': route({ body: 'bytes', handle: (input: Uint8Array) => input.byteLength }),
      '/ws': webSocket(async (socket) => {
        for await (const message of socket) await socket.send(message);
      }),
    },
  });

export async function client(): Promise<string> {
  await using interpreter = await CodeInterpreter.open({ name: 'x' });
  const session = await AgentRuntime.open({ agentName: 'y' });
  await session.invoke({ prompt: 'hello' });
  return interpreter.runCode('python', 'print(1)');
}

export async function check(): Promise<unknown> {
  await using platform = await testPlatform({ agent: () => handler });
  return platform.session().invoke({ prompt: 'hello' });
}

export const all = [AgentCubeError, Sessions, Events];
