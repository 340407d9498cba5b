-- KEYS: 1 epoch, 2 window. ARGV from 3 on: scope, tokens, cost. Absolute, so a repeat is harmless.
for first = 3, #ARGV, 3 do
  redis.call('HSET', KEYS[2], 'settled/tokens/' .. ARGV[first], ARGV[first + 1],
    'settled/cost/' .. ARGV[first], ARGV[first + 2])
end
redis.call('PEXPIRE', KEYS[2], KEPT_MS)
return {'built'}
