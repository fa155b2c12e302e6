-- End a lease whose page is committed: enqueue its links, note what the next round must look at again, count.
-- KEYS leases taken queue seen listed again tally
-- ARGV lease, seconds to keep the tally, '' or 1 for a record or 0 for a listing to look at again, its fingerprint,
--      its entry, number of counts, (name, count)..., (1 or 0, fingerprint, entry)... for each link
-- -> 1, or 0 when the lease has passed on
if redis.call('ZREM', KEYS[1], ARGV[1]) == 0 then
    return 0
end
redis.call('HDEL', KEYS[2], ARGV[1])
local first = 7 + 2 * ARGV[6]
for i = first, #ARGV, 3 do
    if redis.call('SADD', ARGV[i] == '1' and KEYS[4] or KEYS[5], ARGV[i + 1]) == 1 then
        redis.call('LPUSH', KEYS[3], ARGV[i + 2])
    end
end
if ARGV[3] ~= '' then
    redis.call('HSET', KEYS[6], ARGV[4], ARGV[3] .. ARGV[5])
end
for i = 7, first - 1, 2 do
    redis.call('HINCRBY', KEYS[7], ARGV[i], ARGV[i + 1])
end
redis.call('HSET', KEYS[7], 'at', redis.call('TIME')[1])
redis.call('EXPIRE', KEYS[7], ARGV[2])
return 1
