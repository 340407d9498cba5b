-- KEYS: 1 epoch, 2 day, 3 month, 4 under way. ARGV: 1 epoch, then scopes. Nine figures per scope.
local figures = {'figures'}
for n = 2, #ARGV do
  local scope = ARGV[n]
  for key = 2, 3 do
    for _, sum in ipairs({'settled/tokens/', 'settled/cost/', 'held/tokens/', 'held/cost/'}) do
      figures[#figures + 1] = redis.call('HGET', KEYS[key], sum .. scope) or '0'
    end
  end
  figures[#figures + 1] = redis.call('HGET', KEYS[4], scope) or '0'
end
return figures
