-- Requests and tokens per minute: the token bucket of domain/budget/rate.ts, in the same integers.
-- KEYS[6 + n] is the bucket pair of the n-th scope; it drains within a minute, and is gone then.
local MINUTE_MS = 60000
local MAX_RATE = math.floor(9007199254740991 / MINUTE_MS)

local function debt_of(key, bucket, rate, now)
  local stored = redis.call('HMGET', key, bucket .. '/debt', bucket .. '/at')
  if not stored[1] then return 0 end
  local drained = math.min(MINUTE_MS, math.max(0, now - tonumber(stored[2]))) * rate
  return math.max(0, math.min(tonumber(stored[1]), rate * MINUTE_MS) - drained)
end

local function check_rate(scope, key, name, bucket, limit, amount, now)
  if limit == '' then return end
  local rate = math.min(tonumber(limit), MAX_RATE)
  if amount > rate then return refuse(scope, name, tonumber(limit), NEVER) end
  if amount == 0 then return end
  local excess = debt_of(key, bucket, rate, now) + amount * MINUTE_MS - rate * MINUTE_MS
  if excess > 0 then refuse(scope, name, tonumber(limit), math.ceil(excess / rate)) end
end

local function take_rate(key, bucket, limit, amount, now)
  if limit == '' then return end
  local rate = math.min(tonumber(limit), MAX_RATE)
  local debt = debt_of(key, bucket, rate, now) + amount * MINUTE_MS
  redis.call('HSET', key, bucket .. '/debt', integer(debt), bucket .. '/at', integer(now))
  redis.call('PEXPIRE', key, MINUTE_MS)
end
