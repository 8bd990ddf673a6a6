import { AgentCubeError, AgentRuntime, CodeInterpreter, Events, Sessions } from 'agentcube';
import { serve } from 'agentcube/agent';
import { testPlatform } from 'agentcube/testing';

const platform = await testPlatform({
  agent:
    () =>
    ({ prompt }, { turn }) => ({ prompt, turn }),
});
const session = platform.session();
const first = await session.invoke({ prompt: 'hello' });
await platform.clock.advance(30_000);
console.log(
  JSON.stringify({
    first,
    state: session.state,
    names: [AgentCubeError, AgentRuntime, CodeInterpreter, Events, Sessions, serve].map(({ name }) => name),
  }),
);
