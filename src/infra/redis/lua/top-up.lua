-- ARGV: 1 epoch, 2 id, 3 holder, 4 tokens, 5 cost, 6 attempt, 7 day, 8 month, 9 its ends, 10; from
-- 11 on, five per scope: scope and the four budgets.
local refused = why_not(ARGV[3])
if refused ~= nil then return refused end
local scopes = {}
for first = 11, #ARGV, 5 do scopes[#scopes + 1] = ARGV[first] end
local made = redis.call('HMGET', KEYS[2], 'day', 'month', 'scopes')
if made[1] ~= ARGV[7] or made[2] ~= ARGV[8] or made[3] ~= table.concat(scopes, '\n') then
  return {'wrong'}
end

local attempt = 'attempt/' .. ARGV[6]
if redis.call('HEXISTS', KEYS[2], attempt) == 1 then return held_answer() end

local now, day_ends, month_ends = now_ms(), tonumber(ARGV[9]), tonumber(ARGV[10])
local tokens, cost = tonumber(ARGV[4]), tonumber(ARGV[5])
for n, scope in ipairs(scopes) do
  check_budgets(scope, 7 + 5 * n, tokens, cost, day_ends, month_ends, now)
end
if refusal ~= nil then return refused_answer() end

redis.call('HSET', KEYS[2], attempt, '1')
redis.call('HINCRBY', KEYS[2], 'tokens', ARGV[4])
redis.call('HINCRBY', KEYS[2], 'cost', ARGV[5])
for _, scope in ipairs(scopes) do add('held', scope, ARGV[4], ARGV[5]) end
keep()
return held_answer()
