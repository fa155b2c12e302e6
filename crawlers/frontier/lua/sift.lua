-- What a page that is about to be stored brings: are its leases still held, which of its links are new?
-- KEYS leases seen listed   ARGV number of leases, lease..., (1 for a record or 0 for a listing, fingerprint)...
-- -> {for each lease 1 or 0, then for each link 1 where it is new or 0}
local answer = {}
for i = 2, ARGV[1] + 1 do
    answer[#answer + 1] = redis.call('ZSCORE', KEYS[1], ARGV[i]) and 1 or 0
end
for i = ARGV[1] + 2, #ARGV, 2 do
    answer[#answer + 1] = 1 - redis.call('SISMEMBER', ARGV[i] == '1' and KEYS[2] or KEYS[3], ARGV[i + 1])
end
return answer
