// How a report to the autoscaler is sent: one PUBLISH, whatever its size. A report is a sum of what happened, so one that was heard
// must not be told again: whoever sends one is refused only when nobody can have heard it.
// Does not own what is in it (report-texts.ts), nor telling it again (whoever reports does).
import { Cluster } from 'ioredis';
import { asStoreFailure } from './failures.ts';
import { keyOf, type RedisLink } from './link.ts';
import { scriptOf } from './script.ts';

// A script, because in a Cluster it goes to the node of its key, which the programs are connected to.
const PUBLISH = `return redis.call('PUBLISH', KEYS[1], ARGV[1])`;

type Channel = 'demand' | 'supply';
type Publish = (text: string) => Promise<unknown>;

function publishing({ client, ...link }: RedisLink, channel: Channel): Publish {
  const name = keyOf(link, channel);
  if (!(client instanceof Cluster)) return (text) => client.publish(name, text);
  const publish = scriptOf({ client, ...link }, 'agentcubePublish', PUBLISH);
  return (text) => publish([name], text);
}

/** Redis itself refused it, or it never left. */
const unheard = (fault: unknown): boolean =>
  fault instanceof Error &&
  (fault.name === 'ReplyError' || /enableOfflineQueue options is false/.test(fault.message));

/**
 * Sends texts in their order. Rejects with STORE_UNAVAILABLE when none of them can have been heard; resolves when some were, and when
 * that is not known.
 */
export function reportSender(link: RedisLink, channel: Channel): (texts: readonly string[]) => Promise<void> {
  const publish = publishing(link, channel);
  return async (texts) => {
    // In one turn of the event loop, so that nothing of this connection comes between them.
    const answers = await Promise.allSettled(texts.map((text) => publish(text)));
    const faults = answers.flatMap((answer) =>
      answer.status === 'rejected' ? [answer.reason as unknown] : [],
    );
    if (faults.length === texts.length && faults.every(unheard)) throw asStoreFailure(faults[0]);
  };
}
