-- Lease the next waiting entry; leases that ran out wait again first, at the front.
-- KEYS queue leases taken fence   ARGV lease in ms, worker   -> {lease, entry} or false
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for _, lease in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, 100)) do
    local taken = redis.call('HGET', KEYS[3], lease)
    redis.call('RPUSH', KEYS[1], string.sub(taken, string.find(taken, '\n', 1, true) + 1))
    redis.call('ZREM', KEYS[2], lease)
    redis.call('HDEL', KEYS[3], lease)
end
local entry = redis.call('RPOP', KEYS[1])
if not entry then
    return false
end
local lease = redis.call('INCR', KEYS[4])
redis.call('ZADD', KEYS[2], now + ARGV[1], lease)
redis.call('HSET', KEYS[3], lease, ARGV[2] .. '\n' .. entry)
return {lease, entry}
