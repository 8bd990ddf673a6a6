// Owns: waiting for a start to be ready, to fail, to take too long or to be given up, and the words for what happened.
import { PlatformError } from '../../model/errors.ts';
import type { Host } from './host.ts';
import type { SandboxPaths } from './layout.ts';
import { whyEnded, type Life } from './life.ts';
import { isListening } from './listening.ts';
import { untilReady } from './readiness.ts';
import type { SandboxRecord } from './record.ts';
import { logTail } from './sandbox-files.ts';
import { probedPort, readinessQuestion } from './start.ts';

/** A start failure for any fault; PlatformErrors pass as they are. */
export function startFailure(fault: unknown): PlatformError {
  if (fault instanceof PlatformError) return fault;
  const reason = fault instanceof Error ? fault.message : String(fault);
  return new PlatformError('SANDBOX_START_FAILED', `the sandbox did not start: ${reason}`, { reason });
}

const withTail = async (text: string, paths: SandboxPaths): Promise<string> => {
  const tail = await logTail(paths);
  return tail === '' ? text : `${text}; it wrote: ${tail}`;
};

async function tooSlow(host: Host, paths: SandboxPaths): Promise<PlatformError> {
  const reason = await withTail(`it was not ready after ${host.startTimeoutMs / 1000} s`, paths);
  return new PlatformError('SANDBOX_START_TIMEOUT', `the sandbox was not ready in time: ${reason}`, {
    reason,
  });
}

type Outcome = 'ready' | 'ended' | 'late' | 'given-up';

/** Resolves when the sandbox answered that it is ready. Rejects with SANDBOX_START_FAILED or SANDBOX_START_TIMEOUT. */
export async function verifyReady(
  host: Host,
  record: SandboxRecord,
  paths: SandboxPaths,
  life: Life,
  givenUp: AbortSignal,
): Promise<void> {
  const asking = new AbortController();
  if (record.spec.workload.readiness.kind === 'exec' && !record.image.daemon) {
    const message =
      'a readiness command cannot be run inside a sandbox; its first port is asked for a connection instead';
    host.log('warn', message, { sandbox: record.spec.id, runtime: record.spec.workload.name });
  }
  const listening = (): boolean | undefined =>
    isListening(life.control.members(), probedPort(record), host.tier.ownView);
  const question = { ...readinessQuestion(record, paths), listening };
  const ready = untilReady(question, host.clock, asking.signal);
  const outcome = await new Promise<Outcome>((resolve) => {
    const cancel = host.clock.after(host.startTimeoutMs, () => settle('late'));
    const settle = (how: Outcome): void => {
      cancel();
      resolve(how);
    };
    void ready.then(() => settle('ready'));
    void life.watch.ended.then(() => settle('ended'));
    if (givenUp.aborted) settle('given-up');
    givenUp.addEventListener('abort', () => settle('given-up'));
  });
  asking.abort();
  if (outcome === 'ready') return;
  if (outcome === 'late') throw await tooSlow(host, paths);
  if (outcome === 'given-up') throw startFailure('it was stopped while it started');
  const why = whyEnded(paths, life.control.oomKills(), record.spec.workload.limits.memoryBytes);
  throw startFailure(await withTail(why, paths));
}
