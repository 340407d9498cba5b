-- domain/breaker/breaker.ts in Redis, by Redis's own clock: one hash per provider and model.
local integer = function(number) return string.format('%.0f', number) end
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)

local function field(name) return tonumber(redis.call('HGET', KEYS[1], name) or '0') end
local function set(name, value) redis.call('HSET', KEYS[1], name, integer(value)) end
local status = redis.call('HGET', KEYS[1], 'status') or 'closed'
local turn = field('turn')

local function wait()
  if status == 'closed' then return 0 end
  return math.max(0, field('until') - now)
end

-- The old status's figures go with it.
local function become(to)
  redis.call('DEL', KEYS[1])
  redis.call('HSET', KEYS[1], 'status', to)
  status = to
  turn = turn + 1
  set('turn', turn)
end

-- A model that nobody asks for so long begins afresh.
local function keep() redis.call('PEXPIRE', KEYS[1], 3600000) end
