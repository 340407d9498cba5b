-- ARGV: 1 turn, 2 probe or '', 3 health, 4 window, 5 slices, 6 least calls, 7 percent, 8 open for, 9 probes.
-- Answers: 1 status, 2 a new status or ''.
if tonumber(ARGV[1]) ~= turn then return { status, '' } end
local health = ARGV[3]
local before = status

local function open()
  become('open')
  set('until', now + tonumber(ARGV[8]))
end

-- Slices stand in a ring: `at` says of which time a place is.
local function count()
  local most = tonumber(ARGV[5])
  local at = math.floor(now / (tonumber(ARGV[4]) / most))
  local place = at % most
  if field('at' .. place) ~= at then
    set('at' .. place, at)
    set('succeeded' .. place, 0)
    set('failed' .. place, 0)
  end
  redis.call('HINCRBY', KEYS[1], health .. place, 1)
  local succeeded, failed = 0, 0
  for other = 0, most - 1 do
    if field('at' .. other) > at - most then
      succeeded = succeeded + field('succeeded' .. other)
      failed = failed + field('failed' .. other)
    end
  end
  local calls = succeeded + failed
  if calls >= tonumber(ARGV[6]) and failed * 100 >= tonumber(ARGV[7]) * calls then open() end
end

local function probed()
  if health == 'failed' then return open() end
  set('until', 0)
  if health ~= 'succeeded' then return end
  local succeeded = field('succeeded') + 1
  if succeeded >= tonumber(ARGV[9]) then become('closed') else set('succeeded', succeeded) end
end

if status == 'closed' then
  if health ~= 'unknown' then count() end
elseif status == 'half-open' and ARGV[2] == integer(field('newest')) and field('until') > 0 then
  probed()
end
if redis.call('EXISTS', KEYS[1]) == 1 then keep() end
return { status, status ~= before and status or '' }
