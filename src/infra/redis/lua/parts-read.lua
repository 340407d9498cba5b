-- KEYS: 2 that somebody waits. ARGV: 1 the first part that is asked for, 2 how long whoever asks is
-- awaited, 3 how many pieces at most.
if not newest then return {} end
redis.call('SET', KEYS[2], 1, 'PX', ARGV[2])
local reply = { is_over }
local after = string.format('%d-0', ARGV[1] + 1)
for _, piece in ipairs(redis.call('XRANGE', KEYS[1], after, '+', 'COUNT', ARGV[3])) do
  reply[#reply + 1] = string.match(piece[1], '^%d+')
  reply[#reply + 1] = piece[2][2]
end
return reply
