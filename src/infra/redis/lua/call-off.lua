-- KEYS: none. ARGV: the channel, and the generation that is called off.
return { redis.call('PUBLISH', ARGV[1], ARGV[2]) }
