-- Let addresses wait whether seen or not: a round's, or those of a frontier that is built anew.
-- KEYS queue seen listed   ARGV (1 for a record or 0 for a listing, fingerprint, entry)...
for i = 1, #ARGV, 3 do
    redis.call('SADD', ARGV[i] == '1' and KEYS[2] or KEYS[3], ARGV[i + 1])
    redis.call('LPUSH', KEYS[1], ARGV[i + 2])
end
