-- Comes before every step. KEYS[1] names the epoch of the tenant's counters, ARGV[1] the epoch in
-- whose keys the caller would count. The living server's run_id is read here, in the same atomic
-- step: after a restart from an older dump it differs from the one that the dump holds, so old
-- counters are refused whatever the caller believes, and after FLUSHALL there is no epoch at all.
local function living_run()
  return string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
end

local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
