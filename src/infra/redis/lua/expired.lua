-- KEYS: 1 epoch, 2 leases. ARGV: 1 epoch, 2 how many at most.
return {'ids', unpack(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', integer(now_ms()), 'LIMIT', 0,
  ARGV[2]))}
