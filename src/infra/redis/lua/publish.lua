-- KEYS: 1 epoch. ARGV: 1 token, 2 lock ms.
redis.call('HDEL', KEYS[1], 'token', 'until')
redis.call('HSET', KEYS[1], 'epoch', ARGV[1])
return {'open', ARGV[1]}
