// Owns: the Lua that keeps AgentCube's keyspace beside ours, or, when that is not wanted, does nothing.
// Does not own what AgentCube's entry says (../compat.ts). Its keys carry no hash tag, so this needs a store of one slot.

/** Lua functions that the store's functions call; with `compat` off they are empty. */
export interface CompatLua {
  /** Distinguishes the commands of the two kinds. */
  readonly suffix: string;
  /** Defines `tell(id, info, expires, at)`, `tellWork(id, at)` and `untell(id)`. */
  readonly functions: string;
}

const silent: CompatLua = {
  suffix: '',
  functions: `
local function tell() end
local function tellWork() end
local function untell() end`,
};

// The kind says how the sandbox was made; a session does not remember that, so it stays what it was first.
const telling: CompatLua = {
  suffix: 'Compat',
  functions: `
local function untell(id)
  redis.call('DEL', 'session:' .. id)
  redis.call('ZREM', 'session:expiry', id)
  redis.call('ZREM', 'session:last_activity', id)
end
local function seconds(ms) return string.format('%d', math.floor(tonumber(ms) / 1000)) end
local function tell(id, info, expires, at)
  if info == '' then return untell(id) end
  local claim, sandbox = '{"kind":"SandboxClaim"', '{"kind":"Sandbox"'
  local old = redis.call('GET', 'session:' .. id)
  if old and string.sub(old, 1, #claim) == claim and string.sub(info, 1, #sandbox) == sandbox then
    info = claim .. string.sub(info, #sandbox + 1)
  end
  redis.call('SET', 'session:' .. id, info)
  redis.call('ZADD', 'session:expiry', seconds(expires), id)
  redis.call('ZADD', 'session:last_activity', 'GT', seconds(at), id)
end
local function tellWork(id, at)
  redis.call('ZADD', 'session:last_activity', 'XX', 'GT', seconds(at), id)
end`,
};

/** The functions for a store that keeps AgentCube's keys, or does not. */
export const compatLua = (wanted: boolean): CompatLua => (wanted ? telling : silent);
