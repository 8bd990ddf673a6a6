// A conversation: each answer comes word by word, and what was said is a plain variable of the session's own process.
// What this file exports is tested without the platform (chat.test.ts) and served by main.ts.
import { route, serverSentEvent, type AgentDefinition, type Context } from 'agentcube/agent';

interface Said {
  readonly role: 'user' | 'assistant';
  readonly text: string;
}

interface Prompt {
  readonly prompt: string;
}

/** Any library for schemas will do whose schemas have a `parse`. */
const promptSchema = {
  parse(input: unknown): Prompt {
    const { prompt } = (input ?? {}) as Partial<Prompt>;
    if (typeof prompt !== 'string' || prompt.trim() === '') throw new TypeError('`prompt` is to be a text');
    return { prompt };
  },
};

/** Where a model would be asked. */
function* wordsOf(conversation: readonly Said[]): Generator<string> {
  const asked = conversation.filter(({ role }) => role === 'user');
  const last = asked.at(-1)?.text ?? '';
  const before = asked.at(-2)?.text;
  const memory = before === undefined ? 'We have just met.' : `Before that you said: ${before}`;
  yield* `You said: ${last} ${memory}`.split(/(?<= )/);
}

/** One conversation. */
export function chat(): AgentDefinition {
  const conversation: Said[] = [];

  async function* answer({ prompt }: Prompt, { sleep, turn }: Context) {
    conversation.push({ role: 'user', text: prompt });
    let text = '';
    for (const word of wordsOf(conversation)) {
      text += word;
      yield word;
      await sleep(30);
    }
    conversation.push({ role: 'assistant', text });
    yield serverSentEvent({ event: 'done', data: '', id: String(turn) });
  }

  return {
    name: 'chat-agent',
    routes: {
      'POST /': route({ input: promptSchema, handle: answer }),
      'GET /': () => ({ conversation }),
    },
  };
}
