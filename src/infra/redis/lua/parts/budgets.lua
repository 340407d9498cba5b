-- What refuses, and when it frees: the same rules as in domain/budget/admit.ts.
local MAX_FIGURE = 9007199254740991
local NEVER = math.huge
local refusal = nil

-- Keeps the one that frees last: before that, asking again is in vain.
local function refuse(scope, limit, allowed, wait)
  if refusal == nil or wait > refusal.wait then
    refusal = { scope = scope, limit = limit, allowed = allowed, wait = wait }
  end
end

local function refused_answer()
  local wait = refusal.wait == NEVER and '' or integer(refusal.wait)
  return {'refused', refusal.scope, refusal.limit, integer(refusal.allowed), wait}
end

local function check_budget(scope, name, limit, key, figure, amount, ends_at, now)
  local allowed = limit == '' and MAX_FIGURE or tonumber(limit)
  local counted = redis.call('HMGET', KEYS[key], 'settled/' .. figure .. '/' .. scope,
    'held/' .. figure .. '/' .. scope)
  local free = allowed - tonumber(counted[1] or 0) - tonumber(counted[2] or 0)
  if amount <= free then return end
  refuse(scope, name, allowed, amount > allowed and NEVER or math.max(1, ends_at - now))
end

-- `first` is where the four limits of this scope stand in ARGV.
local function check_budgets(scope, first, tokens, cost, day_ends, month_ends, now)
  check_budget(scope, 'tokensPerDay', ARGV[first], 3, 'tokens', tokens, day_ends, now)
  check_budget(scope, 'tokensPerMonth', ARGV[first + 1], 4, 'tokens', tokens, month_ends, now)
  check_budget(scope, 'costPerDayNanoUsd', ARGV[first + 2], 3, 'cost', cost, day_ends, now)
  check_budget(scope, 'costPerMonthNanoUsd', ARGV[first + 3], 4, 'cost', cost, month_ends, now)
end
