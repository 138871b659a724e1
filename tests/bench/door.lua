-- Writes for `wrk`: each request names a key of its own; what is asked comes by the environment.
local run = os.getenv("EAC_BENCH_RUN")
local path = os.getenv("EAC_BENCH_PATH")
local kind = os.getenv("EAC_BENCH_TYPE")
local bodies = {}
for line in io.lines(os.getenv("EAC_BENCH_BODIES")) do
  bodies[#bodies + 1] = line:gsub("\\n", "\n")
end
local threads = 0

function setup(thread)
  threads = threads + 1
  thread:set("number", threads)
end

function init()
  count = 0
end

function request()
  count = count + 1
  local headers = {
    ["Authorization"] = "Bearer " .. os.getenv("EAC_BENCH_KEY"),
    ["Content-Type"] = kind,
    ["Idempotency-Key"] = run .. "-" .. number .. "-" .. count,
  }
  local body = bodies[(count - 1) % #bodies + 1]
  return wrk.format("POST", path, headers, body)
end
