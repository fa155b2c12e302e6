-- End a lease whose visit is committed: enqueue new links, listings before all others, and count.
-- KEYS leases taken queue seen listed tally minutes window history
-- ARGV lease, seconds to keep the tally, what its record had or '', pages the window holds,
--      number of counts, (name, count)..., (1 for a record or 0 for a listing or 2 for one to fetch again,
--      fingerprint, entry)... for each link
-- -> 1, or 0 when the lease has passed on
if redis.call('ZREM', KEYS[1], ARGV[1]) == 0 then
    return 0
end
redis.call('HDEL', KEYS[2], ARGV[1])
local first = 6 + 2 * ARGV[5]
for i = first, #ARGV, 3 do
    local listing = ARGV[i] == '0'
    if ARGV[i] == '2' or redis.call('SADD', listing and KEYS[5] or KEYS[4], ARGV[i + 1]) == 1 then
        redis.call(listing and 'RPUSH' or 'LPUSH', KEYS[3], ARGV[i + 2])
    end
end
local now = redis.call('TIME')[1]
for i = 6, first - 1, 2 do
    redis.call('HINCRBY', KEYS[6], ARGV[i], ARGV[i + 1])
end
redis.call('HSET', KEYS[6], 'at', now)
redis.call('EXPIRE', KEYS[6], ARGV[2])
local minute = math.floor(now / 60)
if redis.call('HINCRBY', KEYS[7], minute, 1) == 1 then
    redis.call('HDEL', KEYS[7], minute - 60)
    redis.call('EXPIRE', KEYS[7], 3600)
end
if ARGV[3] ~= '' then
    if redis.call('LPUSH', KEYS[8], ARGV[3]) > tonumber(ARGV[4]) then
        redis.call('HINCRBY', KEYS[9], 'pages', 1)
        for letter in string.gmatch(string.match(redis.call('RPOP', KEYS[8]), '^%a*'), '%a') do
            redis.call('HINCRBY', KEYS[9], letter, 1)
        end
    end
end
return 1
