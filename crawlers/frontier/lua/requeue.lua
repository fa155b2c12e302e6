-- End leases whose addresses wait again.
-- KEYS leases taken queue   ARGV 'front' or 'back', (lease, entry or '' for the one it was taken with)...   -> how many
local moved = 0
for i = 2, #ARGV, 2 do
    if redis.call('ZREM', KEYS[1], ARGV[i]) == 1 then
        local entry = ARGV[i + 1]
        if entry == '' then
            local taken = redis.call('HGET', KEYS[2], ARGV[i])
            entry = string.sub(taken, string.find(taken, '\n', 1, true) + 1)
        end
        redis.call('HDEL', KEYS[2], ARGV[i])
        redis.call(ARGV[1] == 'front' and 'RPUSH' or 'LPUSH', KEYS[3], entry)
        moved = moved + 1
    end
end
return moved
