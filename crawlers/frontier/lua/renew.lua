-- Push back the end of leases that are still held, and tell that their worker lives.
-- KEYS leases workers control   ARGV lease in ms, worker, when it started in ms, lease...
-- -> {stopped or open, the leases that have passed on...}
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local stop = tonumber(redis.call('HGET', KEYS[3], 'stop') or 0)
local lost = {stop >= tonumber(ARGV[3]) and 'stopped' or 'open'}
for i = 4, #ARGV do
    if redis.call('ZSCORE', KEYS[1], ARGV[i]) then
        redis.call('ZADD', KEYS[1], 'XX', now + ARGV[1], ARGV[i])
    else
        lost[#lost + 1] = ARGV[i]
    end
end
redis.call('ZADD', KEYS[2], now, ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - ARGV[1])
redis.call('HSET', KEYS[3], 'alive', now)
return lost
