/**
 * Takes one of the writes that a code repository has in an hour, or gets in line for one. Who has a smaller rank goes first, then who came first. Answers 1
 * when it was taken, else 0, when the next one may be free in milliseconds, and how many were taken.
 * KEYS taken, line. ARGV now, hour, writes in an hour, how long a place is kept after the time that was named, member, write, rank, 1 to take it in any
 * case. Times in milliseconds.
 */
export const TAKE_OF_HOUR = `
local now, hour, grace = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[4])
local me, write, rank, since = ARGV[5], ARGV[6], tonumber(ARGV[7]), now
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now - hour))
if redis.call('ZSCORE', KEYS[1], write) then
  redis.call('HDEL', KEYS[2], me)
  return {1}
end
local line, others = redis.call('HGETALL', KEYS[2]), {}
for i = 1, #line, 2 do
  local theirs, came, kept = string.match(line[i + 1], '^(%S+) (%S+) (%S+)$')
  if line[i] == me then
    since = tonumber(came)
  elseif tonumber(kept) < now then
    redis.call('HDEL', KEYS[2], line[i])
  else
    others[#others + 1] = { rank = tonumber(theirs), since = tonumber(came), name = line[i] }
  end
end
local ahead = 0
for _, other in ipairs(others) do
  if other.rank ~= rank then
    ahead = ahead + (other.rank < rank and 1 or 0)
  elseif other.since ~= since then
    ahead = ahead + (other.since < since and 1 or 0)
  else
    ahead = ahead + (other.name < me and 1 or 0)
  end
end
local taken = redis.call('ZCARD', KEYS[1])
local free = tonumber(ARGV[3]) - taken
if ARGV[8] == '1' or ahead < free then
  redis.call('ZADD', KEYS[1], string.format('%.0f', now), write)
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  redis.call('HDEL', KEYS[2], me)
  return {1}
end
local at = now + grace
if taken > 0 then
  local place = math.min(ahead - free, taken - 1)
  local oldest = redis.call('ZRANGE', KEYS[1], place, place, 'WITHSCORES')
  local freed = tonumber(oldest[2]) + hour
  at = free > 0 and math.min(at, freed) or freed
end
redis.call('HSET', KEYS[2], me, string.format('%.0f %.0f %.0f', rank, since, at + grace))
redis.call('PEXPIRE', KEYS[2], hour + 2 * grace)
return {0, at, taken}`;
