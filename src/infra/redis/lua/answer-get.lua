-- A nil ends a Lua table, so that nothing is an empty answer.
return { redis.call('GET', KEYS[1]) or nil }
