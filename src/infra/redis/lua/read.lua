-- Any number of hashes, whole. ARGV: 1 epoch.
local hashes = {'hashes'}
for key = 2, #KEYS do hashes[key] = redis.call('HGETALL', KEYS[key]) end
return hashes
