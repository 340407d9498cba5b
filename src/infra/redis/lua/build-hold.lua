-- ARGV: 1 token, 2 lock ms, 3 id, 4 holder, 5 tokens, 6 cost, 7 lease, 8 day, 9 month, 10 scopes,
-- then attempts.
if redis.call('EXISTS', KEYS[2]) == 1 then return {'built'} end
make_hold(ARGV[3], {
  holder = ARGV[4], tokens = ARGV[5], cost = ARGV[6], expires = now_ms() + tonumber(ARGV[7]),
  day = ARGV[8], month = ARGV[9], scopes = ARGV[10],
})
for n = 11, #ARGV do redis.call('HSET', KEYS[2], 'attempt/' .. ARGV[n], '1') end
return {'built'}
