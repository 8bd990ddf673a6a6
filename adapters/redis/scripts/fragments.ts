// Owns: the Lua that several store functions share. Nothing here decodes JSON: what Lua compares are fields of their own.
// Numbers stay the text they came as: Lua would print 1700000000000 as 1.7e+12.

/** `lookAgain(id, due)`: when the session is due, '' for never. */
export const lookAgain = `
local function lookAgain(id, due)
  if due == '' then redis.call('ZREM', P .. 'due', id) else redis.call('ZADD', P .. 'due', due, id) end
end`;

/**
 * A sandbox in the pool is `<sandbox JSON>\n<the rest of its entry as JSON>\n<name of its pool>`; JSON text has no raw newline.
 * `leavePool(sandbox)` takes it out and answers whether it was there.
 */
export const leavePool = `
local function leavePool(sandbox)
  local entry = redis.call('HGET', P .. 'warm', sandbox)
  if not entry then return 0 end
  local first = string.find(entry, '\\n', 1, true)
  local second = string.find(entry, '\\n', first + 1, true)
  redis.call('ZREM', P .. 'pool:' .. string.sub(entry, second + 1), sandbox)
  redis.call('HDEL', P .. 'warm', sandbox)
  return 1
end`;

/**
 * S1: `takenBy(sandbox, id)` answers which other session has or had it; `bindSandbox` writes it down.
 * A sandbox that a session has is in no pool, also where a pool was restored from an older copy of the data.
 */
export const sandboxes = `
${leavePool}
local function takenBy(sandbox, id)
  if sandbox == '' then return nil end
  local owner = redis.call('HGET', P .. 'sandboxes', sandbox)
  if owner and owner ~= id then return owner end
  return nil
end
local function bindSandbox(sandbox, id)
  if sandbox == '' then return end
  redis.call('HSET', P .. 'sandboxes', sandbox, id)
  leavePool(sandbox)
end`;

/** Not heard by anybody is no failure of the write: a lost message costs a look-up. */
export const publish = `
local function publish(body) redis.pcall('PUBLISH', P .. 'sessions', body) end`;

/**
 * A lease is a field `l:<holder>` of the session: `<generation> <end>`. `longer` never shortens one within a generation (S7);
 * `leaseEnd` is 0 for a lease of another generation (S6).
 */
export const leaseValues = `
local function leaseEnd(value, generation)
  local space = string.find(value, ' ', 1, true)
  if string.sub(value, 1, space - 1) ~= generation then return 0 end
  return tonumber(string.sub(value, space + 1))
end
local function longer(had, generation, till)
  if had and leaseEnd(had, generation) > tonumber(till) then return had end
  return generation .. ' ' .. till
end`;
