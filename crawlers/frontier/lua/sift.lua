-- What a page that is about to be stored brings: are its leases still held, which of its links are new?
-- KEYS leases seen listed
-- ARGV number of leases, records the site has at most, lease..., (1 for a record or 0 for a listing, fingerprint)...
-- -> {for each lease 1 or 0, then for each link 1 where it is new, 0 where it is not, 2 where it is one too many}
local answer = {}
local room = ARGV[2] - redis.call('SCARD', KEYS[2])
for i = 3, ARGV[1] + 2 do
    answer[#answer + 1] = redis.call('ZSCORE', KEYS[1], ARGV[i]) and 1 or 0
end
for i = ARGV[1] + 3, #ARGV, 2 do
    local new = 1 - redis.call('SISMEMBER', ARGV[i] == '1' and KEYS[2] or KEYS[3], ARGV[i + 1])
    if ARGV[i] == '1' and new == 1 then
        new = room > 0 and 1 or 2
        room = room - 1
    end
    answer[#answer + 1] = new
end
return answer
