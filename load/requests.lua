-- What wrk asks: prepared request targets, of which the id (and for misses the room) counts up.
-- The runner writes PATHS, FIRST, ROOMS, STRIDE and CLOSE above this text.
local targets, count, turn, number = {}, 0, 0, FIRST

local function split(line)
  local parts = {}
  for text, mark in (line .. "~END~"):gmatch("(.-)~(%u+)~") do
    parts[#parts + 1] = text
    parts[#parts + 1] = mark
  end
  return parts
end

local threads = 0
function setup(thread)
  thread:set("THREAD", threads)
  threads = threads + 1
end

-- Two forms of request, so that none tests for marks that it does not have.
function init(args)
  number = FIRST + THREAD * 4194304
  local tail = " HTTP/1.1\r\nHost: " .. wrk.headers["Host"] .. "\r\n"
  if CLOSE then tail = tail .. "Connection: close\r\n" end
  for line in io.lines(PATHS) do
    local parts = split(line)
    count = count + 1
    parts[1] = "GET " .. parts[1]
    parts[#parts - 1] = parts[#parts - 1] .. tail .. "\r\n"
    targets[count] = parts
  end
end

local format = string.format

if ROOMS == 0 then
  function request()
    turn = turn % count + 1
    number = number + 1
    local parts = targets[turn]
    return parts[1] .. format("%08x", number) .. parts[3]
  end
else
  function request()
    turn = turn % count + 1
    number = number + 1
    local parts = targets[turn]
    -- The id comes before the room. The stride has no factor in common with the number of rooms,
    -- so that each is asked for once.
    local room = 7000000 + (number * STRIDE) % ROOMS
    return parts[1] .. format("%08x", number) .. parts[3] .. format("%d", room) .. parts[5]
  end
end

-- One line that is easy to read; times come in microseconds.
function done(summary, latency, requests)
  local e = summary.errors
  io.write(format("RESULT %d %d %d %d %d %d %d\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), latency:percentile(99.9),
    e.connect + e.read + e.write + e.timeout, e.status))
end
