-- Closes the epoch and takes the lock, whose token is the name of the next epoch. KEYS: 1 epoch.
-- ARGV: 1 the epoch that is to be replaced ('' where any living one will do), 2 token, 3 lock ms.
-- A server that evicts keys would forget single counters, and nothing would show it.
local memory = redis.call('INFO', 'memory')
local policy = string.match(memory, 'maxmemory_policy:([%w-]+)')
if string.match(memory, 'maxmemory:(%d+)') ~= '0' and policy ~= 'noeviction' then
  return {'evicts', policy}
end

local run, now = living_run(), now_ms()
local found = redis.call('HMGET', KEYS[1], 'run', 'epoch', 'token', 'until')
local isLiving = found[1] == run
if isLiving and found[2] and found[2] ~= ARGV[1] then return {'open', found[2]} end
if isLiving and found[3] and found[3] ~= ARGV[2] and tonumber(found[4]) > now then
  return {'locked', integer(tonumber(found[4]) - now)}
end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'run', run, 'token', ARGV[2], 'until', integer(now + tonumber(ARGV[3])))
return {'begun'}
