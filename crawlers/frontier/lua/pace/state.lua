-- How the host is treated at this moment.
-- KEYS pace   -> {interval in ms, its rule, ms to wait, ms of it backoff, ms until the hours begin, failures,
--                 ms since the host began to fail, latency in ms}
local key, now = KEYS[1], pace_now()
local interval, rule = pace_interval(key)
local failures, since = unpack(redis.call('HMGET', key, 'failures', 'failing_since_ms'))
return {
    interval,
    rule,
    pace_wait(key, now),
    math.max(0, (pace_of(key).backoff_until_ms or 0) - now),
    pace_closed(key, now),
    tonumber(failures or 0),
    since and now - since or 0,
    pace_of(key).latency_ms or 0,
}
