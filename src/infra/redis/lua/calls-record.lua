-- KEYS: the slice. ARGV: 1 how long it is kept, then the counters of one call.
for place = 2, #ARGV do redis.call('HINCRBY', KEYS[1], ARGV[place], 1) end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return {}
