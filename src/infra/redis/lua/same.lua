-- ARGV of a step that names its scopes: 1 epoch, 2 id, 3 holder, 4 tokens, 5 cost, 6, 7 day, 8 month,
-- 9 its ends, 10; from 11 on, five per scope: scope and the four budgets.
local refused = why_not(ARGV[3])
if refused ~= nil then return refused end
local scopes = {}
for first = 11, #ARGV, 5 do scopes[#scopes + 1] = ARGV[first] end
local made = redis.call('HMGET', KEYS[2], 'day', 'month', 'scopes', 'tokens', 'cost', 'rebuilt')
if made[1] ~= ARGV[7] or made[2] ~= ARGV[8] or made[3] ~= table.concat(scopes, '\n') then
  return {'wrong'}
end

local function check_all(tokens, cost)
  local now = now_ms()
  for n, scope in ipairs(scopes) do
    check_budgets(scope, 7 + 5 * n, tokens, cost, tonumber(ARGV[9]), tonumber(ARGV[10]), now)
  end
end
