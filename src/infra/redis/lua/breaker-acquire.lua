-- ARGV: 1 lease of a probe. Answers: 1 whether it may call, 2 turn, 3 probe or '', 4 a new status or ''.
if wait() > 0 then return { 'no', integer(turn), '', '' } end
if status == 'closed' then return { 'yes', integer(turn), '', '' } end
local became = ''
if status == 'open' then
  become('half-open')
  became = 'half-open'
end
local probe = field('newest') + 1
set('newest', probe)
set('until', now + tonumber(ARGV[1]))
keep()
return { 'yes', integer(turn), integer(probe), became }
