local epoch = redis.call('HMGET', KEYS[1], 'run', 'epoch')
if not epoch[2] or epoch[1] ~= living_run() then return {'closed'} end
if epoch[2] ~= ARGV[1] then return {'moved', epoch[2]} end
