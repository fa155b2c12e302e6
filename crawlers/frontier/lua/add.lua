-- De-duplicate and enqueue in one step.
-- KEYS queue seen listed control   ARGV (1 for a record or 0 for a listing, fingerprint, entry)...   -> how many were new
local new = 0
for i = 1, #ARGV, 3 do
    if redis.call('SADD', ARGV[i] == '1' and KEYS[2] or KEYS[3], ARGV[i + 1]) == 1 then
        redis.call('LPUSH', KEYS[1], ARGV[i + 2])
        new = new + 1
    end
end
redis.call('HSET', KEYS[4], 'built', '1')
return new
