-- ARGV: 1 epoch, 2 id, 3 holder, 4 tokens, 5 cost, 6 lease, 7 day, 8 month, 9 its ends, 10; from 11
-- on, eight per scope: scope, requests, tokens, concurrent, then the four budgets; '' is no limit.
local ASK_AGAIN_MS = 1000

local there = why_not(ARGV[3])
if there == nil then return held_answer() end
if there[1] ~= 'unknown' then return there end

local now = now_ms()
local tokens, cost = tonumber(ARGV[4]), tonumber(ARGV[5])
local scopes = {}
for first = 11, #ARGV, 8 do
  local scope, slots = ARGV[first], ARGV[first + 3]
  scopes[#scopes + 1] = scope
  local bucket = KEYS[6 + #scopes]
  check_rate(scope, bucket, 'requestsPerMinute', 'requests', ARGV[first + 1], 1, now)
  check_rate(scope, bucket, 'tokensPerMinute', 'tokens', ARGV[first + 2], tokens, now)
  if slots ~= '' and tonumber(redis.call('HGET', KEYS[6], scope) or 0) >= tonumber(slots) then
    local wait = tonumber(slots) == 0 and NEVER or ASK_AGAIN_MS
    refuse(scope, 'concurrentGenerations', tonumber(slots), wait)
  end
  check_budgets(scope, first + 4, tokens, cost, tonumber(ARGV[9]), tonumber(ARGV[10]), now)
end
if refusal ~= nil then return refused_answer() end

for n, scope in ipairs(scopes) do
  local first = 3 + 8 * n
  take_rate(KEYS[6 + n], 'requests', ARGV[first + 1], 1, now)
  take_rate(KEYS[6 + n], 'tokens', ARGV[first + 2], tokens, now)
end
make_hold(ARGV[2], {
  holder = ARGV[3], tokens = ARGV[4], cost = ARGV[5], expires = now + tonumber(ARGV[6]),
  day = ARGV[7], month = ARGV[8], scopes = table.concat(scopes, '\n'),
})
return held_answer()
