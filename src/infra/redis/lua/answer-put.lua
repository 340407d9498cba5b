-- ARGV: 1 the sealed answer, 2 how long it is kept.
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return {}
