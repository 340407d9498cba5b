-- ARGV: 1 epoch, 2 id, 3 holder, 4 lease.
local refused = why_not(ARGV[3])
if refused ~= nil then return refused end
local expires = integer(now_ms() + tonumber(ARGV[4]))
redis.call('HSET', KEYS[2], 'expires', expires)
redis.call('ZADD', KEYS[5], expires, ARGV[2])
return held_answer()
