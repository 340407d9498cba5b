-- KEYS: 1 the pieces of one generation, a stream whose ids say behind which part each piece ends,
-- and `-1` that it is the last.
local newest = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
local reached, is_over = 0, 0
if newest then
  local to, last = string.match(newest[1], '^(%d+)-(%d+)$')
  reached, is_over = tonumber(to), tonumber(last)
end
