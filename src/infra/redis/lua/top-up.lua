-- ARGV[6] names the attempt.
local attempt = 'attempt/' .. ARGV[6]
if redis.call('HEXISTS', KEYS[2], attempt) == 1 then return held_answer() end
check_all(tonumber(ARGV[4]), tonumber(ARGV[5]))
if refusal ~= nil then return refused_answer() end

redis.call('HSET', KEYS[2], attempt, '1')
redis.call('HINCRBY', KEYS[2], 'tokens', ARGV[4])
redis.call('HINCRBY', KEYS[2], 'cost', ARGV[5])
for _, scope in ipairs(scopes) do add('held', scope, ARGV[4], ARGV[5]) end
keep()
return held_answer()
