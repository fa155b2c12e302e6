-- Start a round unless one is under way: listings may be fetched again, what gave no document and the seeds wait.
-- KEYS queue leases listed again   ARGV (fingerprint, entry)...   -> 1 for a new round, 0 for one under way
if redis.call('LLEN', KEYS[1]) > 0 or redis.call('ZCARD', KEYS[2]) > 0 then
    return 0
end
redis.call('DEL', KEYS[3])
for i = 1, #ARGV, 2 do
    if redis.call('SADD', KEYS[3], ARGV[i]) == 1 then
        redis.call('LPUSH', KEYS[1], ARGV[i + 1])
    end
end
local again = redis.call('HGETALL', KEYS[4])
for i = 1, #again, 2 do
    local record, entry = string.sub(again[i + 1], 1, 1) == '1', string.sub(again[i + 1], 2)
    if record or redis.call('SADD', KEYS[3], again[i]) == 1 then
        redis.call('LPUSH', KEYS[1], entry)
    end
end
redis.call('DEL', KEYS[4])
return 1
