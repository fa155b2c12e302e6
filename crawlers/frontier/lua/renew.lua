-- Push back the end of leases that are still held.
-- KEYS leases   ARGV lease in ms, lease...   -> the leases that have passed on
local time = redis.call('TIME')
local until_ms = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[1]
local lost = {}
for i = 2, #ARGV do
    if redis.call('ZSCORE', KEYS[1], ARGV[i]) then
        redis.call('ZADD', KEYS[1], 'XX', until_ms, ARGV[i])
    else
        lost[#lost + 1] = ARGV[i]
    end
end
return lost
