import { MINUTE_MS } from "../../../time.ts";
import {
  AGED_MS,
  CLOCK_BACK_MS_MAX,
  COST_MAX,
  DATED_BEFORE_AGED,
  GRACE_MS,
  HOUR_WINDOW_MS,
  MINUTE_WINDOW_MS,
  PENALTY_MS_MAX,
  PENALTY_MS_MIN,
  QUIET_MS,
  RECORD_TTL_MS,
  REPEAT_MS,
  SHARE_MIN,
  SHARE_REGAINED,
  WAIT_MS_MAX,
  WAITERS_MAX,
} from "./constants.ts";

/** Numbers of the record, as the hash holds them. */
export const LANE_FIELDS = [
  "seenAt",
  "penaltyUntil",
  "lost",
  "changedAt",
  "spacedAt",
  "datedInRow",
  "sent",
] as const;

/*
 * model.ts and line.ts in Lua: one call reads, decides and writes, so that any number of processes keep one line. Names are those of the
 * model. Lua's numbers are the same doubles.
 *
 * KEYS 1 hash of the record; sorted sets: 2 things that were let through by when, 3 waiters with a deadline by that, 4 those without by
 * when they asked, 5 all waiters by when their turn is lost, 6 subjects let through by when; 7 hash of costs by subject.
 * ARGV 1 milliseconds since 1970 (empty: Redis' own time).
 */
const LIBRARY = `
local FIELDS = { ${LANE_FIELDS.map((name) => `'${name}'`).join(", ")} }
local HASH, SPENT, DATED, UNDATED, LOST_TURN, LET, COSTS = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6], KEYS[7]
local clock = tonumber(ARGV[1])
if clock == nil then
  local time = redis.call('TIME')
  clock = time[1] * 1000 + math.floor(time[2] / 1000)
end

local record = {}
for position, value in ipairs(redis.call('HMGET', HASH, unpack(FIELDS))) do
  record[FIELDS[position]] = tonumber(value or 0)
end

local function text(number) return string.format('%.17g', number) end

if clock < record.seenAt - ${CLOCK_BACK_MS_MAX} then
  redis.call('DEL', SPENT, DATED, UNDATED, LOST_TURN, LET, COSTS)
  record = { seenAt = 0, penaltyUntil = 0, lost = record.lost, changedAt = clock, spacedAt = 0, datedInRow = 0, sent = record.sent }
end
local now = math.max(clock, record.seenAt)
record.seenAt = now
redis.call('ZREMRANGEBYSCORE', SPENT, '-inf', text(now - ${HOUR_WINDOW_MS}))
redis.call('ZREMRANGEBYSCORE', LET, '-inf', text(now - ${REPEAT_MS}))

local function leave(subject)
  redis.call('ZREM', DATED, subject)
  redis.call('ZREM', UNDATED, subject)
  redis.call('ZREM', LOST_TURN, subject)
  redis.call('HDEL', COSTS, subject)
end
for _, subject in ipairs(redis.call('ZRANGEBYSCORE', LOST_TURN, '-inf', text(now))) do leave(subject) end

local function save()
  local changes = {}
  for _, field in ipairs(FIELDS) do
    changes[#changes + 1] = field
    changes[#changes + 1] = text(record[field])
  end
  redis.call('HSET', HASH, unpack(changes))
  for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, ${RECORD_TTL_MS}) end
end
`;

/**
 * Asks for leave. Answers the wait in milliseconds (0: let through), and 1 when the pace is less than the whole one.
 *
 * ARGV 2 subject, 3 cost, 4 deadline in milliseconds since 1970 (empty: none), 5 per minute, 6 per hour.
 */
export const ASK = `${LIBRARY}
local subject = ARGV[2]
local cost = math.min(math.max(math.floor(tonumber(ARGV[3])), 1), ${COST_MAX})
local due_at = tonumber(ARGV[4])
local is_slowed = record.lost > 0 and 1 or 0
if redis.call('ZREM', LET, subject) == 1 then
  save()
  return { 0, is_slowed }
end

local at = due_at or tonumber(redis.call('ZSCORE', UNDATED, subject) or now)
leave(subject)

local function cost_of(subjects)
  local sum = 0
  for first = 1, #subjects, 500 do
    local last = math.min(first + 499, #subjects)
    for _, value in ipairs(redis.call('HMGET', COSTS, unpack(subjects, first, last))) do sum = sum + tonumber(value or 0) end
  end
  return sum
end
local function first_of(set, count)
  if count < 1 then return {} end
  return redis.call('ZRANGE', set, 0, text(count - 1))
end

local set = due_at and DATED or UNDATED
redis.call('ZADD', set, text(at), subject)
local before = redis.call('ZRANK', set, subject)
redis.call('ZREM', set, subject)
local ahead = cost_of(first_of(set, before))
local aged_at = now - ${AGED_MS}
if due_at then
  local aged = redis.call('ZCOUNT', UNDATED, '-inf', text(aged_at))
  local aged_before = math.floor((before + record.datedInRow) / ${DATED_BEFORE_AGED})
  ahead = ahead + cost_of(first_of(UNDATED, math.min(aged, aged_before)))
else
  local dated_before = redis.call('ZCARD', DATED)
  if at <= aged_at then
    dated_before = math.min(dated_before, ${DATED_BEFORE_AGED} * (before + 1) - record.datedInRow)
  end
  ahead = ahead + cost_of(first_of(DATED, dated_before))
end

local function pace(limit) return math.max(1, math.floor(tonumber(limit) * (1 - record.lost))) end
local per_minute, per_hour = pace(ARGV[5]), pace(ARGV[6])
local place = ahead + math.min(cost, per_minute, per_hour)
local spent = redis.call('ZCARD', SPENT)
local function free_at(limit, window)
  local rounds = math.floor((place - 1) / limit)
  local position = spent - limit + (place - 1) % limit
  local freed_by = now - window
  if position >= 0 then
    local found = redis.call('ZRANGE', SPENT, text(position), text(position), 'WITHSCORES')
    freed_by = math.max(tonumber(found[2] or 0), freed_by)
  end
  return freed_by + window * (rounds + 1)
end
local spaced = now
if record.lost > 0 then spaced = math.max(record.spacedAt, now) + ahead * (${MINUTE_MS} / per_minute) end
local turn = math.max(record.penaltyUntil, spaced, free_at(per_minute, ${MINUTE_WINDOW_MS}), free_at(per_hour, ${HOUR_WINDOW_MS}))
turn = math.min(math.max(turn, now), now + ${WAIT_MS_MAX})

if turn <= now then
  record.datedInRow = due_at and math.min(record.datedInRow + 1, ${DATED_BEFORE_AGED}) or 0
  for _ = 1, cost do
    record.sent = record.sent + 1
    redis.call('ZADD', SPENT, text(now), string.format('%016.0f', record.sent))
  end
  redis.call('ZADD', LET, text(now), subject)
  record.spacedAt = record.lost > 0 and now + cost * (${MINUTE_MS} / per_minute) or 0
  save()
  return { 0, is_slowed }
end
if redis.call('ZCARD', LOST_TURN) < ${WAITERS_MAX} then
  redis.call('ZADD', set, text(at), subject)
  redis.call('ZADD', LOST_TURN, text(turn + ${GRACE_MS}), subject)
  redis.call('HSET', COSTS, subject, cost)
end
save()
return { math.max(1, math.ceil(turn - now)), is_slowed }`;

/** Tells of a refusal. ARGV 2 until when the host wants to be left alone, in milliseconds since 1970. */
export const REFUSE = `${LIBRARY}
local until_at = math.min(math.max(tonumber(ARGV[2]), now + ${PENALTY_MS_MIN}), now + ${PENALTY_MS_MAX})
if record.penaltyUntil > now then
  record.penaltyUntil = math.max(record.penaltyUntil, until_at)
else
  record.penaltyUntil = until_at
  record.lost = 1 - math.max(${SHARE_MIN}, (1 - record.lost) / 2)
  record.changedAt = now
  record.spacedAt = until_at
end
save()
return 1`;

/** Tells that something was let through by the host. */
export const SUCCEED = `${LIBRARY}
if record.lost > 0 and now >= math.max(record.penaltyUntil, record.changedAt + ${QUIET_MS}) then
  record.lost = math.max(0, record.lost - ${SHARE_REGAINED})
  record.changedAt = now
end
save()
return 1`;
