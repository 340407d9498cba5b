-- The parts of a hold that more than one step needs. KEYS: 1 epoch, 2 the reservation, 3 the day,
-- 4 the month, 5 leases, 6 generations under way. Figures stay below 2^53, where Lua's doubles are
-- exact; sums are added by HINCRBY, whose integers have 64 bits. Times as in domain/budget/kept.ts.
local KEPT_MS = 75 * 86400000
local ENDED_KEPT_MS = 86400000

local function each_scope(scopes, visit)
  for scope in string.gmatch(scopes, '[^\n]+') do visit(scope) end
end

-- `sum` is 'settled' or 'held'; both windows of the reservation count it.
local function add(sum, scope, tokens, cost)
  for window = 3, 4 do
    redis.call('HINCRBY', KEYS[window], sum .. '/tokens/' .. scope, tokens)
    redis.call('HINCRBY', KEYS[window], sum .. '/cost/' .. scope, cost)
  end
end

local function keep()
  for key = 3, 6 do redis.call('PEXPIRE', KEYS[key], KEPT_MS) end
end

-- HINCRBY does not read '-0' as a number.
local function negative(figure) return figure == '0' and '0' or '-' .. figure end

local function integer(number) return string.format('%.0f', number) end

local function make_hold(id, hold)
  redis.call('HSET', KEYS[2], 'status', 'held', 'holder', hold.holder, 'tokens', hold.tokens,
    'cost', hold.cost, 'expires', integer(hold.expires), 'day', hold.day, 'month', hold.month,
    'scopes', hold.scopes)
  redis.call('PEXPIRE', KEYS[2], KEPT_MS)
  redis.call('ZADD', KEYS[5], integer(hold.expires), id)
  each_scope(hold.scopes, function(scope)
    add('held', scope, hold.tokens, hold.cost)
    redis.call('HINCRBY', KEYS[6], scope, 1)
  end)
  keep()
end

local function held_answer()
  local hold = redis.call('HMGET', KEYS[2], 'tokens', 'cost', 'expires')
  return {'held', hold[1], hold[2], hold[3]}
end

-- The answer of a step that this holder may not take, or nil where it may spend what is held.
local function why_not(holder)
  local hold = redis.call('HMGET', KEYS[2], 'status', 'holder', 'expires', 'tokens', 'cost')
  if not hold[1] then return {'unknown'} end
  if hold[1] ~= 'held' then return {hold[1], hold[4], hold[5]} end
  if hold[2] ~= holder then return {'foreign'} end
  if tonumber(hold[3]) <= now_ms() then return {'expired'} end
  return nil
end
