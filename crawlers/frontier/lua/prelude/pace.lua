-- A host's budget, for whatever script is about to send a request to it: put this text before the script's own.
-- The hash `pace:{host}` holds what is asked of the whole farm; `crawlers.frontier.pace` tells its fields.
-- Times are whole milliseconds of Redis' own clock, the one clock that all workers share.
local PACE_FIELDS = {'delay_ms', 'crawl_delay_ms', 'factor', 'latency_ms', 'last_ms', 'backoff_until_ms', 'opens', 'closes'}
-- Where nobody said how long to wait, as after Redis was wiped in the middle of a crawl, a second, never nothing.
local PACE_DELAY_MS = 1000
-- Scrapy's AUTOTHROTTLE_MAX_DELAY: a host that takes so long is down, and waiting longer is what the backoff is for.
local PACE_SLOWEST_MS = 60000
local PACE_DAY_MS = 86400000
local pace_read = {}

local function pace_now()
    local time = redis.call('TIME')
    return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- What is asked of the host; read once a script, so that a host without a delay costs one command.
local function pace_of(key)
    if not pace_read[key] then
        local pace = {}
        for i, value in ipairs(redis.call('HMGET', key, unpack(PACE_FIELDS))) do
            pace[PACE_FIELDS[i]] = tonumber(value)
        end
        pace_read[key] = pace
    end
    return pace_read[key]
end

-- Milliseconds between two requests to the host, and which rule asks for them.
local function pace_interval(key)
    local pace = pace_of(key)
    local interval, rule = pace.delay_ms or PACE_DELAY_MS, 'delay'
    if (pace.crawl_delay_ms or 0) > interval then
        interval, rule = pace.crawl_delay_ms, 'robots.txt'
    end
    local slowness = math.min(PACE_SLOWEST_MS, math.floor((pace.factor or 0) * (pace.latency_ms or 0)))
    if slowness > interval then
        interval, rule = slowness, 'response time'
    end
    return interval, rule
end

-- Milliseconds until the host's hours begin: 0 within them. A window may go past midnight.
local function pace_closed(key, now_ms)
    local pace = pace_of(key)
    if not (pace.opens and pace.closes) then
        return 0
    end
    local past_opening = (now_ms - pace.opens * 60000) % PACE_DAY_MS
    local window = (pace.closes - pace.opens) * 60000 % PACE_DAY_MS
    return past_opening < window and 0 or PACE_DAY_MS - past_opening
end

-- Milliseconds until a request may go, 0 for now. Asking takes nothing from the budget, so whoever dies while it
-- waits takes no one's turn with it.
local function pace_wait(key, now_ms)
    local pace = pace_of(key)
    local interval, wait = pace_interval(key), 0
    if interval > 0 and pace.last_ms then
        if pace.last_ms > now_ms then
            -- The clock was set back; without this the host would wait until it has caught up.
            pace.last_ms = now_ms
            redis.call('HSET', key, 'last_ms', now_ms)
        end
        -- One more, because both times are rounded down.
        wait = pace.last_ms + interval + 1 - now_ms
    end
    local backoff = math.min(PACE_DAY_MS, (pace.backoff_until_ms or 0) - now_ms)
    return math.max(0, wait, backoff, pace_closed(key, now_ms))
end

-- Take a turn that `pace_wait` has just said is there.
local function pace_take(key, now_ms)
    if pace_interval(key) > 0 then
        pace_of(key).last_ms = now_ms
        redis.call('HSET', key, 'last_ms', now_ms)
    end
end
