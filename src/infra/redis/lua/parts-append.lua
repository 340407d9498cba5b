-- ARGV: 1 the piece's first part, 2 the part behind its end, 3 the sealed piece, 4 whether it is the
-- last, 5 how long all of it is kept.
local from, to = tonumber(ARGV[1]), tonumber(ARGV[2])
local is_new = to > from or ARGV[4] == '1'
if reached == from and is_over == 0 and is_new then
  redis.call('XADD', KEYS[1], ARGV[2] .. '-' .. ARGV[4], 'sealed', ARGV[3])
  reached = to
end
redis.call('PEXPIRE', KEYS[1], ARGV[5])
return { reached }
