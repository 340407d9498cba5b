-- KEYS: 1 epoch, 2 the reservation. ARGV: 1 token, 2 lock ms, 3 status, 4 tokens, 5 cost.
redis.call('HSET', KEYS[2], 'status', ARGV[3], 'tokens', ARGV[4], 'cost', ARGV[5])
redis.call('PEXPIRE', KEYS[2], ENDED_KEPT_MS)
return {'built'}
