-- ARGV[4] and ARGV[5] are all that should be held; less is there where a top-up was lost.
if tonumber(made[4]) < tonumber(ARGV[4]) or tonumber(made[5]) < tonumber(ARGV[5]) then
  return {'unknown'}
end
-- A hold that came from the log may be one too many: it was reserved before the counters were lost,
-- and reached the log after others had been admitted to what looked free.
if made[6] then
  check_all(0, 0)
  if refusal ~= nil then return refused_answer() end
  redis.call('HDEL', KEYS[2], 'rebuilt')
end
return held_answer()
