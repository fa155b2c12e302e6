-- Take the host's next turn, or be told how long to wait.
-- KEYS pace   -> ms to wait, 0 where the turn is taken
local now = pace_now()
local wait = pace_wait(KEYS[1], now)
if wait == 0 then
    pace_take(KEYS[1], now)
end
return wait
