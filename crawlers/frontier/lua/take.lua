-- Lease waiting entries, as many as are asked for and the host's pace allows; leases that ran out wait again first.
-- After a silence of the whole farm, as when Redis was away, living workers first get the time to renew theirs.
-- KEYS queue leases taken fence control pace
-- ARGV lease in ms, worker, at most so many, when the worker started in ms, silence in ms, time to renew in ms
-- -> {state, ms to wait before asking again, (lease, entry)...}
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local built, paused, stop, alive, grace = unpack(redis.call('HMGET', KEYS[5], 'built', 'paused', 'stop', 'alive', 'grace'))
if not built then
    return {'unbuilt', 0}
end
if now - (alive or now) > tonumber(ARGV[5]) then
    grace = now + ARGV[6]
    redis.call('HSET', KEYS[5], 'grace', grace)
end
if now - (alive or 0) > 1000 then
    redis.call('HSET', KEYS[5], 'alive', now)
end
if stop and tonumber(stop) >= tonumber(ARGV[4]) then
    return {'stopped', 0}
end
if paused == '1' then
    return {'paused', 1000}
end
if now >= tonumber(grace or 0) then
    for _, lease in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, 100)) do
        local taken = redis.call('HGET', KEYS[3], lease)
        redis.call('RPUSH', KEYS[1], string.sub(taken, string.find(taken, '\n', 1, true) + 1))
        redis.call('ZREM', KEYS[2], lease)
        redis.call('HDEL', KEYS[3], lease)
    end
end
local answer = {'open', 0}
local last = tonumber(redis.call('GET', KEYS[4]) or 0)
for _ = 1, ARGV[3] do
    if redis.call('LLEN', KEYS[1]) == 0 then
        break
    end
    local wait = pace_wait(KEYS[6], now)
    if wait > 0 then
        answer[2] = wait
        break
    end
    pace_take(KEYS[6], now)
    local entry = redis.call('RPOP', KEYS[1])
    -- Microseconds, so that a server which lost its last second gives no number out a second time.
    last = math.max(last + 1, time[1] * 1000000 + time[2])
    local lease = string.format('%.0f', last)
    redis.call('ZADD', KEYS[2], now + ARGV[1], lease)
    redis.call('HSET', KEYS[3], lease, ARGV[2] .. '\n' .. entry)
    answer[#answer + 1] = lease
    answer[#answer + 1] = entry
end
if #answer > 2 then
    redis.call('SET', KEYS[4], string.format('%.0f', last))
end
return answer
