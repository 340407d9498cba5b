-- KEYS: that somebody waits. Less than 0 where nobody does.
return { redis.call('PTTL', KEYS[1]) }
