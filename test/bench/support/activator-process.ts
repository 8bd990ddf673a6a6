// A program: an activator in a process of its own, with one session that always runs behind the unix socket given as argument.
// Prints one line of JSON, {"port", "sessionId", "path"}, when it is ready; ends by SIGTERM.
import { MemoryActivator } from '../../support/memory-activator.ts';

const socketPath = process.argv[2];
if (socketPath === undefined) throw new Error('usage: activator-process.ts SOCKET');

const sessionId = 'bench-session';
const running = await MemoryActivator.start();
const sandbox = running.sandbox([{ endpoint: `unix://${socketPath}` }]);
await running.session(sessionId, { kind: 'running', sandbox });
process.on('SIGTERM', () => void running.close().then(() => process.exit(0)));
const path = '/v1/namespaces/default/agent-runtimes/echo/invocations/x';
console.log(JSON.stringify({ port: running.port, sessionId, path }));
