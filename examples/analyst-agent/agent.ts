// An agent that lets a code interpreter do what it would not do itself: run code that nobody has read. The interpreter's session is
// this session's own and is kept from turn to turn, so files that one turn leaves are there in the next.
import { AgentCubeError, CodeInterpreter, CommandExecutionError } from 'agentcube';
import { AgentError, serve } from 'agentcube/agent';

const { CODEINTERPRETER_NAME: name, CODEINTERPRETER_NAMESPACE: namespace } = process.env;

let opened: Promise<CodeInterpreter> | undefined;

/** The interpreter of this session; opened by the first turn that needs it. */
function interpreter(): Promise<CodeInterpreter> {
  opened ??= CodeInterpreter.open({ name, namespace }).catch((fault: unknown) => {
    opened = undefined;
    throw fault;
  });
  return opened;
}

/** A session of an interpreter ends when nobody used it for long. Then there is a new one, without the files of the old. */
async function run(code: string, signal: AbortSignal): Promise<string> {
  try {
    return await (await interpreter()).runCode('python', code, { signal });
  } catch (fault) {
    if (!(fault instanceof AgentCubeError && fault.status === 404)) throw fault;
    opened = undefined;
    return (await interpreter()).runCode('python', code, { signal });
  }
}

interface Question {
  /** Python that prints the answer. A model would write it. */
  readonly code: string;
}

serve({
  routes: {
    'POST /': async ({ code }: Question, { signal, turn }) => {
      try {
        return { answer: (await run(code, signal)).trim(), turn };
      } catch (fault) {
        if (!(fault instanceof CommandExecutionError)) throw fault;
        throw new AgentError(422, 'CODE_FAILED', 'the code failed', { details: { stderr: fault.stderr } });
      }
    },
  },
  onEnd: async () => (await opened)?.stop(),
});
