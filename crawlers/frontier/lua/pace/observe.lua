-- Learn from an answer: how slow the host is, whether it fails.
-- KEYS pace
-- ARGV latency in ms, ms since its request was sent, 'well' or 'failing' or 'neither', Retry-After in ms or 0,
--      least and longest wait after a failure in ms   -> ms since the host began to fail, 0 where it is well
local key, now = KEYS[1], pace_now()
local latency, sent, outcome, retry_after = tonumber(ARGV[1]), now - ARGV[2], ARGV[3], tonumber(ARGV[4])
local read = redis.call('HMGET', key, 'latency_ms', 'failures', 'failing_since_ms', 'backoff_until_ms', 'longest_backoff_ms')
local mean, failures, since, backoff_until, longest =
    tonumber(read[1]), tonumber(read[2] or 0), tonumber(read[3]), tonumber(read[4] or 0), tonumber(read[5] or ARGV[6])
-- The gain of TCP's smoothed round-trip time (RFC 6298, 2). A refusal is quick: it may not make a slow host look fast.
if not mean or outcome == 'well' or latency > mean then
    redis.call('HSET', key, 'latency_ms', math.floor(mean and (7 * mean + latency + 4) / 8 or latency))
end
-- What was sent before the wait began says nothing of how the host does after it: sixteen requests under way that
-- fail together are one failure.
local counts = sent >= backoff_until
if outcome == 'failing' then
    local wait = retry_after
    if counts then
        failures, since = failures + 1, since or now
        local first = math.max(tonumber(ARGV[5]), pace_of(key).delay_ms or PACE_DELAY_MS)
        -- 2^20 is past any longest wait, and further doublings would end in no number.
        wait = math.max(wait, math.min(longest, first * 2 ^ math.min(failures - 1, 20)))
        redis.call('HSET', key, 'failures', failures, 'failing_since_ms', since)
    end
    redis.call('HSET', key, 'backoff_until_ms', math.max(backoff_until, now + wait))
elseif outcome == 'well' and counts and failures > 0 then
    redis.call('HDEL', key, 'failures', 'failing_since_ms', 'backoff_until_ms')
    since = nil
end
return since and math.max(1, now - since) or 0
