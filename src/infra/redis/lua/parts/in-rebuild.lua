-- Comes before every step of a rebuild: the lock must still be ours, on the server that gave it.
-- Each step takes the lock for as long again. ARGV: 1 token, 2 lock ms.
local lock = redis.call('HMGET', KEYS[1], 'run', 'token')
if lock[1] ~= living_run() or lock[2] ~= ARGV[1] then return {'fenced'} end
redis.call('HSET', KEYS[1], 'until', integer(now_ms() + tonumber(ARGV[2])))
