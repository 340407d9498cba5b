-- KEYS: the slice. ARGV: 1 how long it is kept, then counters, each with what is added to it.
for place = 2, #ARGV, 2 do redis.call('HINCRBY', KEYS[1], ARGV[place], ARGV[place + 1]) end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return {}
