-- ARGV: 1 epoch, 2 id, 3 holder, 4 tokens and 5 cost: all that should be held.
local refused = why_not(ARGV[3])
if refused ~= nil then return refused end
local hold = redis.call('HMGET', KEYS[2], 'tokens', 'cost')
-- Less is there where the counters were lost before a top-up was in the log.
if tonumber(hold[1]) < tonumber(ARGV[4]) or tonumber(hold[2]) < tonumber(ARGV[5]) then
  return {'unknown'}
end
return held_answer()
