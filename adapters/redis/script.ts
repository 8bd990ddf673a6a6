// Lua scripts as functions: defined once per connection, sent by their hash afterwards.
// Does not own what they do. Invariant: a script names all its keys, and all of them are in the platform's one slot.
import { answerOf } from './failures.ts';
import { termKeyOf, type Fence, type RedisLink } from './link.ts';

type ScriptArgument = string | number | Buffer;

/** Runs the script with these keys and arguments; rejects with a PlatformError. */
export type Script = (keys: readonly string[], ...args: readonly ScriptArgument[]) => Promise<unknown>;

/** Defines `lua` on the connection by a name that nobody else uses for another script. Texts in the answers are strings, or bytes. */
export function scriptOf(
  { client }: RedisLink,
  name: string,
  lua: string,
  texts: 'strings' | 'bytes' = 'strings',
): Script {
  client.defineCommand(name, { lua });
  return (keys, ...args) => {
    const command: unknown = Reflect.get(client, texts === 'bytes' ? `${name}Buffer` : name);
    if (typeof command !== 'function') throw new Error(`${name} is not defined on this connection`);
    const answer: unknown = Reflect.apply(command, client, [keys.length, ...keys, ...args]);
    return answerOf(Promise.resolve(answer));
  };
}

/** Refuses with FENCED when the role's term (key 1) is not the one given (argument 1), also when there is none. */
const guard = `if redis.call('GET', KEYS[1]) ~= ARGV[1] then return redis.error_reply('FENCED') end\n`;

/** As scriptOf, and only while the fence holds: `lua` finds its own keys from KEYS[2] and its arguments from ARGV[2]. */
export function fencedScriptOf(link: RedisLink, fence: Fence, name: string, lua: string): Script {
  const run = scriptOf(link, name, guard + lua);
  const term = termKeyOf(link, fence.role);
  return (keys, ...args) => run([term, ...keys], String(fence.term), ...args);
}
