// A program: callers over HTTP in a process of their own, so that whoever sends a storm does not hold up their clocks. Each calls its
// own session, one request after the other with a pause between. Arguments: the activator's port, the path, the sessions' ids.
// For each line on standard input it prints how long the calls took (ms) that were answered since the line before, as JSON.
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '../../bench/support/client.ts';

const pauseMs = 5;

const [port, path = '/', ...sessions] = process.argv.slice(2);
let took: number[] = [];

async function call(session: string): Promise<never> {
  const connection = connect({ port: Number(port) });
  const headers = { 'x-agentcube-session-id': session };
  for (;;) {
    const { status, endMs } = await connection.ask({ path, headers });
    if (status !== 200) throw new Error(`a caller was answered ${status}`);
    took.push(endMs);
    await sleep(pauseMs);
  }
}

for (const session of sessions) void call(session);

for await (const _ of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(took));
  took = [];
}
process.exit(0);
