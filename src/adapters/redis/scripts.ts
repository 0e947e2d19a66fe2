/**
 * Ends a subscription, and the watch with the last one.
 * KEYS subscribers, tags, watches. ARGV code repository, tag, line.
 */
export const UNSUBSCRIBE = `
redis.call('SREM', KEYS[1], ARGV[1])
if redis.call('SCARD', KEYS[1]) == 0 then
  redis.call('SREM', KEYS[2], ARGV[2])
  redis.call('SREM', KEYS[3], ARGV[3])
end
return 1`;

/**
 * Moves the scan of a code repository, as a release before kept it, to that of its branch, with its file index, and has the branch subscribe to the same. One that is there is
 * newer, and stays. Does nothing where the scan is not the one that was read: somebody else was faster.
 * KEYS scan before, scan, files before, files, scans, branches, subscribers of each line. ARGV scan, code repository, name of the branch, branch.
 */
export const MOVE_SCAN = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return 0
end
local moved = redis.call('RENAMENX', KEYS[1], KEYS[2])
if redis.call('EXISTS', KEYS[3]) == 1 then
  redis.call('RENAMENX', KEYS[3], KEYS[4])
end
redis.call('DEL', KEYS[1], KEYS[3])
redis.call('SREM', KEYS[5], ARGV[2])
redis.call('SADD', KEYS[5], ARGV[3])
redis.call('SADD', KEYS[6], ARGV[4])
for position = 7, #KEYS do
  if moved == 1 then
    redis.call('SADD', KEYS[position], ARGV[3])
  end
end
return 1`;

/**
 * Appends an event unless one with its key was. Answers 1 when it did.
 * KEYS event key, stream. ARGV seconds to remember the key, stream length, event.
 */
export const APPEND_ONCE = `
if redis.call('SET', KEYS[1], '1', 'NX', 'EX', ARGV[1]) == false then
  return 0
end
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[2], '*', 'event', ARGV[3])
return 1`;

/**
 * Takes what is due and puts it off to the end of its lease, so that nobody else takes it meanwhile. So it does with what starts like a poll
 * and is due later than the horizon.
 * KEYS due. ARGV now, end of lease, limit, horizon, how a poll starts.
 */
export const CLAIM_DUE = `
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, ARGV[3])
local left = tonumber(ARGV[3]) - #due
if left > 0 then
  for _, member in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. ARGV[4], '+inf', 'LIMIT', 0, left)) do
    if string.sub(member, 1, #ARGV[5]) == ARGV[5] then
      due[#due + 1] = member
    end
  end
end
for _, member in ipairs(due) do
  redis.call('ZADD', KEYS[1], ARGV[2], member)
end
return due`;

/**
 * Sets when work is due; only sooner where it is not due any more when it is thought to be.
 * KEYS due. ARGV work, when it is due, when it is thought to be due now.
 */
export const SET_DUE_FROM = `
local due = tonumber(redis.call('ZSCORE', KEYS[1], ARGV[1]))
if due and due ~= tonumber(ARGV[3]) then
  redis.call('ZADD', KEYS[1], 'LT', ARGV[2], ARGV[1])
else
  redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
end
return 1`;

/**
 * Takes note of a push, and has the repository polled: now, or this long after the notice before. Answers 0 when it is not watched. A tag that nobody watches
 * has a notice of its own, where the poll keeps a list of tags.
 * KEYS tags, notice, due, poll, notice of other tags. ARGV tag or nothing, work, now, seconds to remember, least distance in milliseconds, that of other tags.
 */
export const NOTICE_PUSH = `
local watched
if ARGV[1] == '' then
  watched = redis.call('EXISTS', KEYS[1])
else
  watched = redis.call('SISMEMBER', KEYS[1], ARGV[1])
end
local notice, gap = KEYS[2], tonumber(ARGV[5])
if watched == 0 then
  local poll = redis.call('EXISTS', KEYS[1]) == 1 and redis.call('GET', KEYS[4])
  if not poll or not cjson.decode(poll)['listing'] then
    return 0
  end
  notice, gap = KEYS[5], tonumber(ARGV[6])
end
local due = tonumber(ARGV[3])
local since = due - (tonumber(redis.call('GET', notice)) or -math.huge)
if since >= 0 and since < gap then
  due = due - since + gap
end
redis.call('SET', notice, ARGV[3], 'EX', ARGV[4])
redis.call('ZADD', KEYS[3], 'LT', string.format('%.0f', due), ARGV[2])
return 1`;

/**
 * Takes note of a webhook, once for its id: work is due sooner, and looks at pull requests are wished for. Answers 0 when the id was noted.
 * KEYS ids, due, then a wish for each pull request.
 * ARGV id, now, seconds to remember ids, most ids, seconds that a wish stands, then when work is due and the work, in turn.
 */
export const NOTE_DELIVERY = `
if redis.call('ZSCORE', KEYS[1], ARGV[1]) then
  return 0
end
for i = 6, #ARGV, 2 do
  redis.call('ZADD', KEYS[2], 'LT', ARGV[i], ARGV[i + 1])
end
for i = 3, #KEYS do
  redis.call('SET', KEYS[i], ARGV[2], 'EX', ARGV[5])
end
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', tonumber(ARGV[2]) - tonumber(ARGV[3]) * 1000))
redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -tonumber(ARGV[4]) - 1)
redis.call('EXPIRE', KEYS[1], ARGV[3])
return 1`;

/**
 * Takes a wish back that was answered, unless there is another one in its place. Answers 1 when there is.
 * KEYS wish. ARGV wish that was answered, or nothing.
 */
export const ANSWER_LOOK_WISH = `
local wish = redis.call('GET', KEYS[1])
if wish and wish ~= ARGV[1] then
  return 1
end
redis.call('DEL', KEYS[1])
return 0`;

/**
 * Adds a field to a hash of limited size. Answers 1 when it did, 0 when the field was there, -1 when the hash is full.
 * KEYS hash. ARGV field, value, size.
 */
export const ADD_BOUNDED = `
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 1 then
  return 0
end
if redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[3]) then
  return -1
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return 1`;

/**
 * Replaces the state of a feed in one step: documents and names are set and removed, another generation takes over, and changed names are noted.
 * Answers 0, and does nothing, when the feed is not what it was thought to be.
 * KEYS feeds, documents, names, changes, then keys that expire because they are replaced.
 * ARGV feed, state it is thought to have ('' for none), new state ('' to forget it), seconds that what is replaced stays, then four lists, each
 * after its length: documents to set (id, bytes), ids to remove, names to set (name, ids) with those without ids removed, changed names.
 */
export const COMMIT_FEED = `
if (redis.call('HGET', KEYS[1], ARGV[1]) or '') ~= ARGV[2] then
  return 0
end
local at = 5
local function list()
  local length = tonumber(ARGV[at])
  local from = at + 1
  at = from + length
  return from, at - 1
end
local from, to = list()
for i = from, to, 2 do
  redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 1])
end
from, to = list()
for i = from, to do
  redis.call('HDEL', KEYS[2], ARGV[i])
end
from, to = list()
for i = from, to, 2 do
  if ARGV[i + 1] == '' then
    redis.call('HDEL', KEYS[3], ARGV[i])
  else
    redis.call('HSET', KEYS[3], ARGV[i], ARGV[i + 1])
  end
end
from, to = list()
for i = from, to do
  redis.call('SADD', KEYS[4], ARGV[i])
end
redis.call('PERSIST', KEYS[2])
redis.call('PERSIST', KEYS[3])
for i = 5, #KEYS do
  redis.call('EXPIRE', KEYS[i], ARGV[4])
end
if ARGV[3] == '' then
  redis.call('HDEL', KEYS[1], ARGV[1])
else
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
end
return 1`;

/**
 * Takes changed names, the same ones again until they are dealt with.
 * KEYS changes, taken. ARGV limit.
 */
export const TAKE_CHANGES = `
if redis.call('SCARD', KEYS[2]) == 0 then
  for _, name in ipairs(redis.call('SPOP', KEYS[1], ARGV[1])) do
    redis.call('SADD', KEYS[2], name)
  end
end
return redis.call('SMEMBERS', KEYS[2])`;

/**
 * The number of an image, given to it the first time, with what is noted beside it.
 * KEYS numbers, images. ARGV image.
 */
export const NUMBER_CARRIER = `
local noted = redis.call('HGET', KEYS[1], ARGV[1])
if noted then
  return noted
end
local number = redis.call('HINCRBY', KEYS[2], 'last', 1)
redis.call('HSET', KEYS[1], ARGV[1], number .. ' ')
redis.call('HSET', KEYS[2], tostring(number), ARGV[1])
return number .. ' '`;

/**
 * Adds facts that are not there, unless there would be too many. Answers how many it added, -1 when there is no room.
 * KEYS facts, targets. ARGV most, name of the target or nothing, then fields and values in turn.
 */
export const ADD_FACTS = `
local fresh = {}
for i = 3, #ARGV, 2 do
  if redis.call('HEXISTS', KEYS[1], ARGV[i]) == 0 then
    fresh[#fresh + 1] = i
  end
end
if #fresh > 0 and redis.call('HLEN', KEYS[1]) + #fresh > tonumber(ARGV[1]) then
  return -1
end
local added = 0
for _, i in ipairs(fresh) do
  added = added + redis.call('HSETNX', KEYS[1], ARGV[i], ARGV[i + 1])
end
if ARGV[2] ~= '' and #ARGV > 2 then
  redis.call('SADD', KEYS[2], ARGV[2])
end
return added`;

/**
 * Gets in line, behind everybody who is there; who is there already stays where it is. Answers those ahead, in their order.
 * KEYS line. ARGV member, now, how long a place is kept in milliseconds.
 */
export const LINE_UP = `
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[2])
local place = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not place then
  local last = redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')
  place = string.format('%.0f', math.max(ARGV[2] + ARGV[3], (tonumber(last[2]) or 0) + 1))
  redis.call('ZADD', KEYS[1], place, ARGV[1])
  redis.call('PEXPIRE', KEYS[1], ARGV[3] * 2)
end
return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', '(' .. place)`;
