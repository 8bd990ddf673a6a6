// Owns: what every function of the session store asks first: may this caller, on this store, now? Nobody writes unasked,
// and nobody reads an emptied store as one in which there is nothing. Does not own what the functions do (beside this file).
// Keys are put together inside the functions: all carry the link's hash tag, so all are in the slot of the one that is declared.
import { preparedKeyOf, termKeyOf, type Fence, type RedisLink } from '../link.ts';
import { scriptOf, type Script } from '../script.ts';

/** A Lua function under a name of its own. Its arguments begin at ARGV[2]; `P .. '…'` is a key. */
export interface Lua {
  readonly name: string;
  readonly text: string;
}

/** Calls one function. Rejects with STORE_UNAVAILABLE or NOT_LEADER. */
export type Run = (...args: readonly (string | number)[]) => Promise<unknown>;

// A leader's store is fenced by its term; everybody else's works only while the store is known to be whole.
const guard = `
local seen = redis.call('GET', KEYS[1])
if ARGV[1] == '' then
  if not seen then return redis.error_reply('UNPREPARED') end
elseif seen ~= ARGV[1] then
  return redis.error_reply('FENCED')
end`;

/** A function that first looks whether its caller may go on. */
export const guarded = (name: string, ...parts: readonly string[]): Lua => ({
  name: `agentcubeSession${name}`,
  text: [guard, ...parts].join('\n'),
});

/** The text with its keys spelled out: putting them together at each call takes longer than some of the commands. */
export const withKeys = (text: string, { prefix }: RedisLink): string =>
  text.replaceAll("P .. '", `'${prefix.replaceAll(/[\\'\n\r]/g, (odd) => `\\${odd.charCodeAt(0)}`)}:`);

/** Makes functions callable over a link, as the leader of a term or as anybody. */
export function runsOf<Name extends string>(
  link: RedisLink,
  fence: Fence | undefined,
  functions: Readonly<Record<Name, Lua>>,
): Readonly<Record<Name, Run>> {
  const keys = [fence ? termKeyOf(link, fence.role) : preparedKeyOf(link)];
  const term = fence ? String(fence.term) : '';
  const runOf =
    (script: Script): Run =>
    (...args) =>
      script(keys, term, ...args);
  const runs = Object.entries<Lua>(functions).map(([key, { name, text }]) => [
    key,
    runOf(scriptOf(link, `${name}:${link.prefix}`, withKeys(text, link))),
  ]);
  return Object.fromEntries(runs) as Record<Name, Run>;
}
