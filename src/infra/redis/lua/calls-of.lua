-- KEYS: the slices. Answers counters and what they stand at, a name again for each slice.
local all = {}
for _, key in ipairs(KEYS) do
  for _, value in ipairs(redis.call('HGETALL', key)) do all[#all + 1] = value end
end
return all
