-- ARGV: 1 epoch, 2 id, 3 'settled' or 'released', 4 tokens, 5 cost, 6 day, 7 month.
local hold = redis.call('HMGET', KEYS[2], 'status', 'tokens', 'cost', 'day', 'month', 'scopes')
if not hold[1] and ARGV[3] == 'settled' then return {'unknown'} end
if hold[1] and hold[1] ~= 'held' then return {hold[1], hold[2], hold[3]} end
if hold[1] then
  if hold[4] ~= ARGV[6] or hold[5] ~= ARGV[7] then return {'wrong'} end
  each_scope(hold[6], function(scope)
    add('held', scope, negative(hold[2]), negative(hold[3]))
    add('settled', scope, ARGV[4], ARGV[5])
    if redis.call('HINCRBY', KEYS[6], scope, -1) <= 0 then redis.call('HDEL', KEYS[6], scope) end
  end)
  redis.call('ZREM', KEYS[5], ARGV[2])
  redis.call('DEL', KEYS[2])
  keep()
end
redis.call('HSET', KEYS[2], 'status', ARGV[3], 'tokens', ARGV[4], 'cost', ARGV[5])
redis.call('PEXPIRE', KEYS[2], ENDED_KEPT_MS)
return {ARGV[3], ARGV[4], ARGV[5]}
