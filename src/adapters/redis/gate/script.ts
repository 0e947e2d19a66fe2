import {
  DOUBLINGS_MAX,
  FAILURES_MAX,
  GATES_MAX,
  OPEN_MS,
  OPEN_MS_MAX,
  PENALTY_MS_MAX,
  PENALTY_MS_MIN,
  PROBE_MS,
  PULLS_AGAIN_MS,
  PULLS_KEPT,
  QUIET_MS,
  RECENT_FAILURES_MAX,
  RECENT_MAX,
  RECORD_TTL_S,
  REFUSALS_MAX,
  ROUNDING,
  SHARE_MIN,
  SHARE_REGAINED,
  SPREAD_MS_MAX,
  SUSPENDED_MS,
  TRUST_MS,
  TRUSTED_REFUSALS_MAX,
  UNSAID_PENALTY_MS,
  UNSAID_PENALTY_MS_MAX,
} from "./constants.ts";
import { BUDGET_FIELDS, BUDGET_TIMES, HOST_FIELDS, HOST_TIMES, TEXTS } from "./records.ts";

/*
 * model.ts and outcomes.ts, line for line, in Lua: one call reads, decides and writes, so that any number of processes spend one budget.
 * Names are those of the model. Lua's numbers are the same doubles.
 *
 * KEYS host hash, budget hash, index of names.
 * ARGV 1 name in the index, 2 milliseconds since 1970 (empty: Redis' own time), 3 random from 0 to 1.
 */
const LIBRARY = `
local HOST_FIELDS = { ${quoted(HOST_FIELDS)} }
local HOST_TIMES = { ${quoted(HOST_TIMES)} }
local BUDGET_FIELDS = { ${quoted(BUDGET_FIELDS)} }
local BUDGET_TIMES = { ${quoted(BUDGET_TIMES)} }
local IS_TEXT = { ${TEXTS.map((name) => `${name} = true`).join(", ")} }

local now = tonumber(ARGV[2])
if now == nil then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local random = tonumber(ARGV[3])

local function load(key, fields)
  local values = redis.call('HMGET', key, unpack(fields))
  local record = {}
  for position, field in ipairs(fields) do
    local value = values[position] or nil
    if IS_TEXT[field] then
      record[field] = value or ''
    else
      record[field] = tonumber(value or 0)
    end
  end
  return record
end

local function at_time(record, times)
  if now < record.seenAt then
    local by = now - record.seenAt
    for _, field in ipairs(times) do
      if record[field] > 0 then record[field] = math.max(1, record[field] + by) end
    end
  end
  record.seenAt = now
end

local function save(key, record, before)
  local changes = {}
  for field, value in pairs(record) do
    if value ~= before[field] then
      changes[#changes + 1] = field
      changes[#changes + 1] = value
    end
  end
  if #changes > 0 then redis.call('HSET', key, unpack(changes)) end
end

local function copy(record)
  local result = {}
  for field, value in pairs(record) do result[field] = value end
  return result
end

local host_before = load(KEYS[1], HOST_FIELDS)
local budget_before = load(KEYS[2], BUDGET_FIELDS)
local host, budget = copy(host_before), copy(budget_before)
at_time(host, HOST_TIMES)
at_time(budget, BUDGET_TIMES)

local function save_all()
  save(KEYS[1], host, host_before)
  save(KEYS[2], budget, budget_before)
  if math.floor(now / 60000) == math.floor(budget_before.seenAt / 60000) then return end
  redis.call('EXPIRE', KEYS[1], ${RECORD_TTL_S})
  redis.call('EXPIRE', KEYS[2], ${RECORD_TTL_S})
  redis.call('ZADD', KEYS[3], now, ARGV[1])
  redis.call('ZREMRANGEBYRANK', KEYS[3], 0, ${-GATES_MAX - 1})
  redis.call('EXPIRE', KEYS[3], ${RECORD_TTL_S})
end

local function answered_host(count)
  host.failures = 0
  host.unreachableAt = 0
  host.answeredAt = now
  if host.openUntil == 0 then
    host.recent = string.sub(host.recent .. string.rep('1', math.min(count, ${RECENT_MAX})), -${RECENT_MAX})
  elseif now >= host.openUntil then
    host.openUntil = 0
    host.openings = 0
    host.probeUntil = 0
    host.recent = ''
  end
end

local function told(answered, accepted, remaining, limit, window)
  if accepted > 0 then
    budget.refusals = 0
    budget.acceptedAt = now
    budget.suspendedUntil = 0
  end
  if remaining ~= nil then
    budget.pullsLeft = remaining
    budget.pullsLimit = limit
    budget.pullsAt = now
    budget.pullsUntil = now + window
  end
  if answered > 0 then answered_host(answered) end
end

local function share_of()
  local quiet = 0
  if budget.limitedAt > 0 then quiet = math.floor((now - budget.limitedAt) / ${QUIET_MS}) end
  return math.min(1, 1 - budget.lost + ${SHARE_REGAINED} * quiet)
end
`;

/**
 * Asks for leave. Answers count (0: none), wait in milliseconds, reason, 1 when it is the request that tries a failed host.
 *
 * ARGV 4 perSecond, 5 burst, 6 kind, 7 count; told: 8 answered, 9 accepted, 10 pulls remaining (empty: nothing said), 11 limit,
 * 12 window in milliseconds.
 */
export const ADMIT = `${LIBRARY}
local kind = ARGV[6]
local count = tonumber(ARGV[7])
told(tonumber(ARGV[8]), tonumber(ARGV[9]), tonumber(ARGV[10]), tonumber(ARGV[11]), tonumber(ARGV[12]))
budget.perSecond = tonumber(ARGV[4])
budget.burst = tonumber(ARGV[5])

local share = share_of()
local interval = 1000 / (budget.perSecond * share)
local burst = math.max(1, math.floor(budget.burst * share))

local function sent_away(reason, until_at, next_field)
  local moment = math.max(until_at, budget[next_field])
  if moment > until_at + ${SPREAD_MS_MAX} then
    moment = until_at + ${SPREAD_MS_MAX} * (0.5 + random / 2)
  else
    budget[next_field] = moment + math.min(count, burst) * interval
  end
  save_all()
  return { 0, math.max(1, math.ceil(moment - now)), reason, 0 }
end

if budget.suspendedUntil > now then
  return sent_away('suspended', budget.suspendedUntil, 'nextSuspended')
end
if host.penaltyUntil > now then
  return sent_away('penalty', host.penaltyUntil, 'nextPenalty')
end
if kind == 'pull' and budget.pullPenaltyUntil > now then
  return sent_away('penalty', budget.pullPenaltyUntil, 'nextPullPenalty')
end
if kind ~= 'pull' and budget.checkPenaltyUntil > now then
  return sent_away('penalty', budget.checkPenaltyUntil, 'nextCheckPenalty')
end
local tried = math.max(host.openUntil, host.probeUntil)
if host.openUntil > 0 and tried > now then
  return sent_away('breaker', tried, 'nextBreaker')
end
if kind == 'pull' and budget.pullsUntil > now and budget.pullsLeft < ${PULLS_KEPT} then
  return sent_away('pull-limit', math.min(budget.pullsUntil, now + ${PULLS_AGAIN_MS}), 'nextPulls')
end

budget.paidAt = math.min(math.max(budget.paidAt, now), now + burst * interval)
local free = math.floor(burst - math.max(0, budget.paidAt - now) / interval + ${ROUNDING})
if free < 1 then
  return sent_away('budget', budget.paidAt - (burst - 1) * interval, 'nextBudget')
end
local is_probe = host.openUntil > 0
local granted = math.min(count, free)
if is_probe then
  granted = 1
  host.probeUntil = now + ${PROBE_MS}
end
if kind == 'pull' then budget.pullsLeft = math.max(0, budget.pullsLeft - granted) end
budget.paidAt = budget.paidAt + granted * interval
save_all()
return { granted, 0, '', is_probe and 1 or 0 }`;

/**
 * Tells an outcome, after those that were not worth a call of their own.
 *
 * ARGV told: 4 answered, 5 accepted, 6 pulls remaining (empty: nothing said), 7 limit, 8 window in milliseconds; 9 kind of the outcome:
 * `told` (nothing more), `failed` and `refused` (10 code, 11 message), `rate-limited` (10 what it limits, 11 wait in milliseconds, empty: unsaid).
 */
export const TELL = `${LIBRARY}
local function failed()
  host.failures = host.failures + 1
  host.recent = string.sub(host.recent .. '0', -${RECENT_MAX})
  if host.unreachableAt == 0 then host.unreachableAt = now end
  host.errorAt = now
  host.errorCode = ARGV[10]
  host.errorMessage = ARGV[11]
  if now < host.openUntil then return end
  local _, zeros = string.gsub(host.recent, '0', '')
  local is_flaky = #host.recent == ${RECENT_MAX} and zeros >= ${RECENT_FAILURES_MAX}
  if host.openUntil == 0 and host.failures < ${FAILURES_MAX} and not is_flaky then return end
  host.openUntil = now + math.min(${OPEN_MS_MAX}, ${OPEN_MS} * 2 ^ math.min(host.openings, ${DOUBLINGS_MAX}))
  host.openings = host.openings + 1
  host.probeUntil = 0
end

local function limited()
  answered_host(1)
  local limits = ARGV[10]
  local retry_after = tonumber(ARGV[11])
  local record, field = host, 'penaltyUntil'
  if limits == 'pull' then record, field = budget, 'pullPenaltyUntil' end
  if limits == 'check' then record, field = budget, 'checkPenaltyUntil' end
  local is_new = record[field] <= now
  if not is_new and retry_after == nil then return end

  local times = math.min(budget.limitedTimes, ${DOUBLINGS_MAX})
  if now - budget.limitedAt > ${QUIET_MS} then times = 0 end
  local unsaid = random * math.min(${UNSAID_PENALTY_MS_MAX}, ${UNSAID_PENALTY_MS} * 2 ^ times)
  local wait = math.min(math.max(math.ceil(retry_after or unsaid), ${PENALTY_MS_MIN}), ${PENALTY_MS_MAX})
  if is_new then
    local share = share_of()
    if limits == 'all' then share = math.max(${SHARE_MIN}, share / 2) end
    budget.lost = 1 - share
    budget.limitedAt = now
    budget.limitedTimes = times + 1
  end
  record[field] = math.max(record[field], now + wait)
end

local function refused()
  answered_host(1)
  budget.refusals = budget.refusals + 1
  local is_trusted = budget.acceptedAt > 0 and now - budget.acceptedAt < ${TRUST_MS}
  local enough = is_trusted and ${TRUSTED_REFUSALS_MAX} or ${REFUSALS_MAX}
  if budget.refusals >= enough then budget.suspendedUntil = now + ${SUSPENDED_MS} end
  budget.errorAt = now
  budget.errorCode = ARGV[10]
  budget.errorMessage = ARGV[11]
end

told(tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8]))
local outcome = ARGV[9]
if outcome == 'failed' then failed() end
if outcome == 'rate-limited' then limited() end
if outcome == 'refused' then refused() end
save_all()
return 1`;

function quoted(names: readonly string[]): string {
  return names.map((name) => `'${name}'`).join(", ");
}
