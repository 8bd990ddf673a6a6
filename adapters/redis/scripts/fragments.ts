// Owns: the Lua that several store functions share. Nothing here decodes JSON: what Lua compares are fields of their own.
// Numbers stay the text they came as: Lua would print 1700000000000 as 1.7e+12.

/** `lookAgain(id, due)`: when the session is due, '' for never. */
export const lookAgain = `
local function lookAgain(id, due)
  if due == '' then redis.call('ZREM', P .. 'due', id) else redis.call('ZADD', P .. 'due', due, id) end
end`;

/**
 * Whose a sandbox is, is one field of `sandboxes`: `s<session>`, or `w<ready at> <pool>` while it is warm.
 * So it is never both (S1). `leavePool(sandbox)` takes it out of its pool and answers whether it was there.
 */
export const leavePool = `
local function leavePool(sandbox)
  local place = redis.call('HGET', P .. 'sandboxes', sandbox)
  if not place or string.sub(place, 1, 1) ~= 'w' then return 0 end
  local space = string.find(place, ' ', 1, true)
  local pool, readyAt = P .. 'pool:' .. string.sub(place, space + 1), string.sub(place, 2, space - 1)
  for _, member in ipairs(redis.call('ZRANGEBYSCORE', pool, readyAt, readyAt)) do
    if string.sub(member, 1, #sandbox + 1) == sandbox .. '\\n' then redis.call('ZREM', pool, member) end
  end
  redis.call('HDEL', P .. 'sandboxes', sandbox)
  return 1
end`;

/**
 * S1: `takenBy(sandbox, id)` answers which other session has or had it; `bindSandbox` writes it down.
 * A sandbox that a session has is in no pool, also where the data went back to an older copy.
 */
export const sandboxes = `
${leavePool}
local function takenBy(sandbox, id)
  if sandbox == '' then return nil end
  local place = redis.call('HGET', P .. 'sandboxes', sandbox)
  if place and string.sub(place, 1, 1) == 's' and place ~= 's' .. id then return string.sub(place, 2) end
  return nil
end
local function bindSandbox(sandbox, id)
  if sandbox == '' then return end
  leavePool(sandbox)
  redis.call('HSET', P .. 'sandboxes', sandbox, 's' .. id)
end`;

/**
 * A session is one string, `s:<id>`: what Lua compares, line by line, then its JSON, which has no raw newline. One string
 * costs a third of a hash of fields, in time and memory. `headOf(text)` answers generation, state, version, sandbox ('' when
 * there is none), creation. What use leaves (`at`, leases) is a hash of its own, `u:<id>`.
 */
export const head = `
local function headOf(text)
  return string.match(text, '^(%d+) (%a+)\\n([^\\n]*)\\n([^\\n]*)\\n([^\\n]*)\\n')
end`;

/**
 * All ids, in sets by their first two characters: finding the place of one among a hundred thousand in order would be a third
 * of a claim. `remember(id)` answers 0 when it is there already.
 */
export const remember = `
local function remember(id)
  local name = string.sub(id, 1, 2)
  if redis.call('SADD', P .. 'ids:' .. name, id) == 0 then return 0 end
  redis.call('ZADD', P .. 'buckets', 0, name)
  return 1
end`;

/** Not heard by anybody is no failure of the write: a lost message costs a look-up. */
export const publish = `
local function publish(body) redis.pcall('PUBLISH', P .. 'sessions', body) end`;

/**
 * A lease is a field `l:<holder>` of `u:<id>`: `<generation> <end>`. `longer` never shortens one within a generation (S7);
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
