-- Wireshark's view of udpchat (transport.md, chat.md), for Wireshark and tshark 4.0 and later:
--
--   wireshark -X lua_script:udpchat.lua run.pcapng
--   tshark -X lua_script:udpchat.lua -o udpchat.keylog:keys -r run.pcapng -O udpchat
--
-- or copy it into the folder of personal Lua plugins (Help > About > Folders). Connections are found
-- by their handshake, on any port; where a capture began later: Decode As, or
-- -d udp.port==5000,udpchat. Where another protocol claims a port: -o udp.try_heuristic_first:TRUE.
--
-- Packets are looked into when they are plaintext, or when the preference "keylog" names the file
-- that --keylog wrote (trace.md section 3). Nothing beyond the Lua of Wireshark is needed for that.

local udpchat = Proto("udpchat", "udpchat Reliable UDP")

local PLAINTEXT, NOISE = 0x75647001, 0x75647002
local TAG_LENGTH = { [PLAINTEXT] = 4, [NOISE] = 16 }
local MAX_MESSAGE = 1048576

udpchat.prefs.keylog = Pref.string("Key log", "", "The file that --keylog wrote")

---------------------------------------------------------------------------------------------------
-- Fields

local VERSIONS = { [PLAINTEXT] = "plaintext", [NOISE] = "noise", [0] = "version negotiation" }
local LONG_TYPES = { [0] = "Initial", "Handshake", "Retry", "Version Negotiation" }
local FRAMES = {
  [0] = "PADDING", "PING", "ACK", "MESSAGE", "FRAGMENT", "MAX_DATA", "MAX_CHANNEL_DATA",
  "RESET_CHANNEL", "PATH_CHALLENGE", "PATH_RESPONSE", "NEW_CONNECTION_ID",
  "RETIRE_CONNECTION_ID", "HANDSHAKE_DONE", "CLOSE", "SKIP",
}
local CODES = {
  [0] = "NO_ERROR", [1] = "INTERNAL_ERROR", [2] = "CONNECTION_REFUSED",
  [3] = "FLOW_CONTROL_ERROR", [4] = "CHANNEL_LIMIT_ERROR", [7] = "FRAME_ENCODING_ERROR",
  [8] = "TRANSPORT_PARAMETER_ERROR", [10] = "PROTOCOL_VIOLATION", [15] = "AEAD_LIMIT_REACHED",
  [256] = "quit", [257] = "refused", [258] = "replaced", [260] = "protocol", [262] = "shutdown",
  [263] = "kicked",
}
local PARAMETERS = {
  "initialMaxData", "initialMaxChannelData", "maxAckDelay", "arq", "statelessResetToken",
}
local KINDS = {
  [0] = "ordered", "unordered", "ordered, may be given up", "unordered, sent once",
}
-- Key 0 of a record of the chat (chat.cddl).
local RECORDS = {
  [1] = "hello", [2] = "post", [3] = "direct", [4] = "nick", [5] = "join", [6] = "part",
  [7] = "list", [8] = "invite", [9] = "away", [10] = "typing", [11] = "read", [16] = "welcome",
  [17] = "refused", [18] = "joined", [19] = "message", [20] = "accepted", [21] = "rejected",
  [22] = "join", [23] = "leave", [24] = "gone", [25] = "renamed", [26] = "presence",
  [27] = "whisper", [28] = "error", [29] = "rooms", [30] = "invited", [31] = "typing",
  [32] = "read", [40] = "auth", [41] = "whois", [42] = "register", [43] = "history",
  [50] = "person", [51] = "page",
}

local fields = {}

local function field(make, name, label, ...)
  local made = make("udpchat." .. name, label, ...)
  fields[#fields + 1] = made
  return made
end

local f = {
  flags = field(ProtoField.uint8, "flags", "Flags", base.HEX),
  long = field(ProtoField.bool, "long", "Long header", 8, nil, 0x80),
  fixed = field(ProtoField.bool, "fixed", "Fixed bit", 8, nil, 0x40),
  type = field(ProtoField.uint8, "type", "Type", base.DEC, LONG_TYPES, 0x30),
  phase = field(ProtoField.uint8, "key_phase", "Key phase", base.DEC, nil, 0x20),
  has_id = field(ProtoField.bool, "has_id", "Connection id present", 8, nil, 0x10),
  number_length = field(ProtoField.uint8, "number_length", "Number length less 1", base.DEC, nil, 3),
  version = field(ProtoField.uint32, "version", "Version", base.HEX, VERSIONS),
  dcid = field(ProtoField.bytes, "dcid", "Destination id"),
  scid = field(ProtoField.bytes, "scid", "Source id"),
  token = field(ProtoField.bytes, "token", "Token"),
  handshake = field(ProtoField.bytes, "handshake", "Handshake message"),
  parameter = field(ProtoField.uint64, "parameter", "Parameter"),
  parameter_bytes = field(ProtoField.bytes, "parameter_bytes", "Parameter"),
  padding = field(ProtoField.bytes, "padding", "Padding"),
  checksum = field(ProtoField.uint32, "checksum", "Checksum (CRC-32C)", base.HEX),
  checksum_good = field(ProtoField.bool, "checksum_good", "Checksum good"),
  truncated = field(ProtoField.uint32, "truncated_number", "Packet number, as sent"),
  number = field(ProtoField.uint64, "packet_number", "Packet number"),
  direction = field(ProtoField.string, "sender", "Sender"),
  seen = field(ProtoField.framenum, "seen_in", "The same packet is in"),
  payload = field(ProtoField.bytes, "protected_payload", "Protected payload"),
  tag = field(ProtoField.bytes, "tag", "Tag"),
  frame = field(ProtoField.uint8, "frame", "Frame", base.HEX, FRAMES),
  channel = field(ProtoField.uint64, "channel", "Channel"),
  kind = field(ProtoField.uint8, "channel_kind", "Kind", base.DEC, KINDS),
  id = field(ProtoField.uint64, "message_id", "Message id"),
  length = field(ProtoField.uint64, "length", "Length"),
  total = field(ProtoField.uint64, "total", "Total"),
  offset = field(ProtoField.uint64, "offset", "Offset"),
  data = field(ProtoField.bytes, "data", "Data"),
  record = field(ProtoField.uint8, "record", "Record", base.DEC, RECORDS),
  delay = field(ProtoField.double, "ack_delay", "Delay (ms)"),
  range = field(ProtoField.string, "ack_range", "Acknowledged"),
  largest = field(ProtoField.uint64, "ack_largest", "Largest acknowledged"),
  limit = field(ProtoField.uint64, "limit", "Limit"),
  code = field(ProtoField.uint64, "code", "Code"),
  reason = field(ProtoField.string, "reason", "Reason", base.UNICODE),
  challenge = field(ProtoField.bytes, "path_data", "Data"),
  sequence = field(ProtoField.uint64, "sequence", "Sequence"),
  transmission = field(ProtoField.uint32, "transmission", "Transmission of this message"),
  first = field(ProtoField.framenum, "first_in", "First sent in"),
}
udpchat.fields = fields

local function expert_of(name, label, group, severity)
  return ProtoExpert.new("udpchat." .. name, label, group, severity)
end

local e = {
  malformed = expert_of("malformed", "Malformed", expert.group.MALFORMED, expert.severity.ERROR),
  checksum = expert_of("bad_checksum", "Bad checksum", expert.group.CHECKSUM, expert.severity.ERROR),
  closed = expert_of("unopened", "Does not open: damaged, another connection's, or a stateless reset",
    expert.group.DECRYPTION, expert.severity.WARN),
  again = expert_of("retransmission", "Sent again", expert.group.SEQUENCE, expert.severity.NOTE),
  duplicate = expert_of("duplicate", "Second copy of a packet, or the packet at its other end",
    expert.group.SEQUENCE, expert.severity.CHAT),
}
udpchat.experts = { e.malformed, e.checksum, e.closed, e.again, e.duplicate }

---------------------------------------------------------------------------------------------------
-- CRC-32C (RFC 9260 appendix A), ChaCha20-Poly1305 (RFC 8439)

local band, bxor, rshift, rol, tobit = bit.band, bit.bxor, bit.rshift, bit.rol, bit.tobit
local floor = math.floor

local CRC = {}
for i = 0, 255 do
  local value = i
  for _ = 1, 8 do
    value = band(value, 1) == 1 and bxor(rshift(value, 1), 0x82f63b78) or rshift(value, 1)
  end
  CRC[i] = value
end

-- Over all of these strings, one after the other; 0 to 2^32 - 1.
local function crc32c(...)
  local crc = -1
  for _, text in ipairs({ ... }) do
    for i = 1, #text do
      crc = bxor(rshift(crc, 8), CRC[band(bxor(crc, text:byte(i)), 0xff)])
    end
  end
  return bxor(crc, -1) % 0x100000000
end

local function u32le(text, at)
  local a, b, c, d = text:byte(at, at + 3)
  return tobit(a + b * 0x100 + c * 0x10000 + d * 0x1000000)
end

local function quarter(x, a, b, c, d)
  local xa, xb, xc, xd = x[a], x[b], x[c], x[d]
  xa = tobit(xa + xb); xd = rol(bxor(xd, xa), 16)
  xc = tobit(xc + xd); xb = rol(bxor(xb, xc), 12)
  xa = tobit(xa + xb); xd = rol(bxor(xd, xa), 8)
  xc = tobit(xc + xd); xb = rol(bxor(xb, xc), 7)
  x[a], x[b], x[c], x[d] = xa, xb, xc, xd
end

local function chacha20_block(key, counter, nonce)
  local start = { 0x61707865, 0x3320646e, 0x79622d32, 0x6b206574 }
  for i = 0, 7 do start[5 + i] = u32le(key, 1 + 4 * i) end
  start[13] = counter
  for i = 0, 2 do start[14 + i] = u32le(nonce, 1 + 4 * i) end
  local x = {}
  for i = 1, 16 do x[i] = start[i] end
  for _ = 1, 10 do
    quarter(x, 1, 5, 9, 13); quarter(x, 2, 6, 10, 14)
    quarter(x, 3, 7, 11, 15); quarter(x, 4, 8, 12, 16)
    quarter(x, 1, 6, 11, 16); quarter(x, 2, 7, 12, 13)
    quarter(x, 3, 8, 9, 14); quarter(x, 4, 5, 10, 15)
  end
  local bytes = {}
  for i = 1, 16 do
    local word = (x[i] + start[i]) % 0x100000000
    for j = 0, 3 do bytes[4 * i - 3 + j] = floor(word / 2 ^ (8 * j)) % 256 end
  end
  return bytes
end

local function chacha20(key, nonce, text)
  local out = {}
  for block = 0, floor((#text - 1) / 64) do
    local stream = chacha20_block(key, block + 1, nonce)
    for i = 1, math.min(64, #text - 64 * block) do
      out[64 * block + i] = string.char(bxor(text:byte(64 * block + i), stream[i]))
    end
  end
  return table.concat(out)
end

-- Numbers of 130 bits are ten limbs of 13: products and their sums stay exact in a double.
local LIMB, LIMBS = 8192, 10

local function limbs_of(bytes)
  local limbs, value, size = {}, 0, 0
  for i = 1, 17 do
    value = value + (bytes[i] or 0) * 2 ^ size
    size = size + 8
    while size >= 13 and #limbs < LIMBS do
      limbs[#limbs + 1] = value % LIMB
      value = floor(value / LIMB)
      size = size - 13
    end
  end
  if #limbs < LIMBS then limbs[LIMBS] = value end
  return limbs
end

-- Modulo 2^130 - 5: what is carried out at the top comes in five times at the bottom.
local function carry(h)
  local over = 0
  for _ = 1, 2 do
    for i = 1, LIMBS do
      local value = h[i] + over
      h[i] = value % LIMB
      over = floor(value / LIMB)
    end
    over = over * 5
  end
  h[1] = h[1] + over
end

local function poly1305(key, text)
  local r = { key[1], key[2], key[3], key[4], key[5], key[6], key[7], key[8],
    key[9], key[10], key[11], key[12], key[13], key[14], key[15], key[16] }
  for _, i in ipairs({ 4, 8, 12, 16 }) do r[i] = r[i] % 16 end
  for _, i in ipairs({ 5, 9, 13 }) do r[i] = r[i] - r[i] % 4 end
  local factor, h = limbs_of(r), limbs_of({})
  for at = 1, #text, 16 do
    local block = { text:byte(at, at + 15) }
    block[#block + 1] = 1
    local n = limbs_of(block)
    local product = {}
    for k = 1, LIMBS do product[k] = 0 end
    for i = 1, LIMBS do
      local hi = h[i] + n[i]
      for j = 1, LIMBS do
        local k = i + j - 1
        if k <= LIMBS then product[k] = product[k] + hi * factor[j]
        else product[k - LIMBS] = product[k - LIMBS] + 5 * hi * factor[j] end
      end
    end
    h = product
    carry(h)
  end
  carry(h)
  -- h is below 2^130; if h + 5 reaches that, h was not below the modulus.
  local over, reduced = 5, {}
  for i = 1, LIMBS do
    local value = h[i] + over
    reduced[i] = value % LIMB
    over = floor(value / LIMB)
  end
  if over > 0 then h = reduced end
  local out, value, size, limb, sum = {}, 0, 0, 1, 0
  for i = 1, 16 do
    while size < 8 do
      value = value + h[limb] * 2 ^ size
      limb, size = limb + 1, size + 13
    end
    sum = sum + value % 256 + key[16 + i]
    out[i] = string.char(sum % 256)
    sum = floor(sum / 256)
    value, size = floor(value / 256), size - 8
  end
  return table.concat(out)
end

local function pad16(text) return text .. string.rep("\0", -#text % 16) end

local function le64(n)
  local out = {}
  for i = 1, 8 do
    out[i] = string.char(n % 256)
    n = floor(n / 256)
  end
  return table.concat(out)
end

local function be64(n) return le64(n):reverse() end

-- What was sealed, or nil when the tag is wrong. `number` is the nonce's part that changes.
local function open_aead(key, iv, number, header, sealed)
  if #sealed < 16 then return nil end
  local text, tag = sealed:sub(1, -17), sealed:sub(-16)
  local count, nonce = "\0\0\0\0" .. be64(number), {}
  for i = 1, 12 do nonce[i] = string.char(bxor(iv:byte(i), count:byte(i))) end
  nonce = table.concat(nonce)
  local once = chacha20_block(key, 0, nonce)
  local covered = pad16(header) .. pad16(text) .. le64(#header) .. le64(#text)
  if poly1305(once, covered) ~= tag then return nil end
  return chacha20(key, nonce, text)
end

---------------------------------------------------------------------------------------------------
-- The key log (trace.md section 3)

local keys, keys_of_server, keys_path = {}, {}, nil

local function from_hex(text)
  return (text:gsub("%x%x", function(pair) return string.char(tonumber(pair, 16)) end))
end

local function load_keys()
  local path = udpchat.prefs.keylog
  if path == keys_path then return end
  keys, keys_of_server, keys_path = {}, {}, path
  local file = path ~= "" and io.open(path, "r")
  if not file then return end
  for line in file:lines() do
    local who, phase, ids, secret = line:match("^UDPCHAT_(%u+)_KEY_(%d+) (%x+) (%x+)")
    if secret and #ids == 24 and #secret == 88 then
      local bytes, id = from_hex(secret), from_hex(ids)
      local of = keys[id] or { CLIENT = {}, SERVER = {} }
      keys[id], keys_of_server[id:sub(9)] = of, id
      if of[who] then of[who][tonumber(phase)] = { key = bytes:sub(1, 32), iv = bytes:sub(33) } end
    end
  end
  file:close()
end

---------------------------------------------------------------------------------------------------
-- Connections, and what is known of each packet since it was first looked at

local by_tuple, by_server, packets = {}, {}, {}

function udpchat.init()
  by_tuple, by_server, packets = {}, {}, {}
  keys_path = nil
end

local function ends(pinfo)
  return tostring(pinfo.src) .. " " .. pinfo.src_port, tostring(pinfo.dst) .. " " .. pinfo.dst_port
end

local function tuple_of(pinfo)
  local a, b = ends(pinfo)
  return a < b and a .. " " .. b or b .. " " .. a
end

local function new_connection(version, client, server)
  local function way() return { largest = -1, phase = 0, seen = {}, messages = {} } end
  return { version = version, client = client, server = server, CLIENT = way(), SERVER = way() }
end

-- A message of the handshake of `server`, or toward it.
local function learn(pinfo, version, client, server)
  if pinfo.visited then return end
  local tuple = tuple_of(pinfo)
  local known = by_tuple[tuple]
  if known and known.client == client and known.server == server then return end
  local made = new_connection(version, client, server)
  by_tuple[tuple] = made
  local from, to = ends(pinfo)
  by_server[server .. from], by_server[server .. to] = made, made
end

-- The connection of a short packet; `id` is the server's, if the packet has it.
local function connection_of(pinfo, id)
  local tuple = tuple_of(pinfo)
  local known = by_tuple[tuple]
  if known and (id == nil or known.server == id) then return known end
  if id == nil then return nil end
  local _, to = ends(pinfo)
  local found = by_server[id .. to]
  if not found and keys_of_server[id] then
    -- The capture began after the handshake, but the key log has that connection.
    found = new_connection(NOISE, keys_of_server[id]:sub(1, 8), id)
    by_server[id .. to] = found
  end
  if found then by_tuple[tuple] = found end
  return found
end

-- RFC 9000 appendix A.3.
local function whole_number(truncated, length, largest)
  local window = 2 ^ (8 * length)
  local expected = largest + 1
  local candidate = expected - expected % window + truncated
  if candidate <= expected - window / 2 then return candidate + window end
  if candidate > expected + window / 2 and candidate >= window then return candidate - window end
  return candidate
end

-- The payload in the clear; nil and whether it could have been opened.
local function open_packet(connection, packet, header, sealed)
  local way = connection[packet.sender]
  if connection.version == PLAINTEXT then
    local payload, tag = sealed:sub(1, -5), sealed:sub(-4)
    local crc = crc32c(connection.client, connection.server, be64(packet.number), header, payload)
    if le64(crc):sub(1, 4):reverse() == tag then return payload end
    return nil, true
  end
  local of = keys[connection.client .. connection.server]
  local phases = of and of[packet.sender] or {}
  if next(phases) == nil then return nil, false end
  local near = way.phase % 2 == packet.phase and { 0 } or { 1, -1 }
  for _, step in ipairs(near) do
    local secret = phases[way.phase + step]
    local payload = secret
      and open_aead(secret.key, secret.iv, packet.number, header, sealed)
    if payload then
      way.phase = math.max(way.phase, way.phase + step)
      return payload
    end
  end
  return nil, true
end

-- What is to be known of a short packet, worked out when it is seen for the first time: Wireshark
-- comes back to packets in any order.
local function look(pinfo, tvb, id, header_length)
  local index = pinfo.number
  if packets[index] then return packets[index] end
  local flags = tvb(0, 1):uint()
  local packet = {
    sender = id and "CLIENT" or "SERVER",
    phase = band(flags, 0x20) ~= 0 and 1 or 0,
    marks = {},
  }
  packets[index] = packet
  local connection = connection_of(pinfo, id)
  packet.connection = connection
  if not connection then return packet end
  local way = connection[packet.sender]
  local length = band(flags, 3) + 1
  packet.number = whole_number(tvb(header_length - length, length):uint(), length, way.largest)
  local header = tvb:raw(0, header_length)
  packet.payload, packet.is_wrong =
    open_packet(connection, packet, header, tvb:raw(header_length, tvb:len() - header_length))
  if packet.payload then
    way.largest = math.max(way.largest, packet.number)
    packet.first_seen = way.seen[packet.number]
    way.seen[packet.number] = packet.first_seen or index
    if packet.first_seen then packet.marks = packets[packet.first_seen].marks end
  end
  return packet
end

-- Notes that a packet carries bytes of a message; true and the frame that had it first if this is
-- another transmission of them. Once for each packet.
local function note_piece(packet, index, channel, id, offset, bytes, total)
  local name = channel .. " " .. id .. " " .. offset
  local mark = packet.marks[name]
  if mark then return mark end
  local messages = packet.connection[packet.sender].messages
  local message = messages[channel .. " " .. id] or { pieces = {}, first = index, count = 0 }
  messages[channel .. " " .. id] = message
  mark = { transmission = 0, first = message.first }
  packet.marks[name] = mark
  -- The ids of a channel that sends once mean nothing (transport.md section 5.1).
  if channel % 4 == 3 then return mark end
  for _, piece in ipairs(message.pieces) do
    local overlaps = offset < piece.offset + #piece.bytes and piece.offset < offset + #bytes
    if (overlaps or offset == piece.offset) and piece.number < packet.number then
      mark.transmission = math.max(mark.transmission, piece.transmission + 1)
    end
  end
  local piece = { offset = offset, bytes = bytes, number = packet.number,
    transmission = mark.transmission }
  message.pieces[#message.pieces + 1] = piece
  if total and not message.whole then
    local filled, parts, moved = 0, {}, true
    while filled < total and moved do
      moved = false
      for _, part in ipairs(message.pieces) do
        if part.offset <= filled and part.offset + #part.bytes > filled then
          parts[#parts + 1] = part.bytes:sub(filled - part.offset + 1)
          filled, moved = part.offset + #part.bytes, true
        end
      end
    end
    if filled == total then message.whole, mark.whole = true, table.concat(parts) end
  end
  return mark
end

---------------------------------------------------------------------------------------------------
-- Frames

local cbor = Dissector.get("cborseq")

-- Reads on in a Tvb; what it returns after `failed` is set means nothing.
local Reader = {}
Reader.__index = Reader

function Reader.new(tvb, start, stop)
  return setmetatable({ tvb = tvb, at = start, stop = stop or tvb:len(), failed = false }, Reader)
end

function Reader:take(length)
  if self.failed or length > self.stop - self.at then
    self.failed = true
    return self.tvb(0, 0)
  end
  local range = self.tvb(self.at, length)
  self.at = self.at + length
  return range
end

-- A varint in its shortest form and its range (transport.md section 1).
function Reader:varint()
  local start = self.at
  local first = self:take(1)
  if self.failed then return 0, first end
  local byte = first:uint()
  local size = 2 ^ floor(byte / 64)
  local value = byte % 64
  local rest = self:take(size - 1)
  if self.failed then return 0, rest end
  for i = 0, size - 2 do value = value * 256 + rest(i, 1):uint() end
  local least = ({ [1] = 0, [2] = 64, [4] = 16384, [8] = 1073741824 })[size]
  if value < least or value > 2 ^ 53 - 1 then self.failed = true end
  return value, self.tvb(start, size)
end

local function u64(value) return UInt64.new(value % 0x100000000, floor(value / 0x100000000)) end

-- Reads a varint and shows it, under another name if one is given.
function Reader:show(tree, which, name)
  local value, range = self:varint()
  if self.failed then return value end
  local item = tree:add(which, range, u64(value))
  if name then item:prepend_text(name .. ": ") end
  return value
end

function Reader:blob()
  return self:take((self:varint()))
end

-- An id of 0 to 8 bytes behind the byte with its length.
function Reader:id()
  local length = self:take(1)
  if self.failed or length:uint() > 8 then
    self.failed = true
    return length
  end
  return self:take(length:uint())
end

-- Bytes of the number behind the first byte of a CBOR item, by its lower five bits.
local CBOR_SIZES = { [24] = 1, [25] = 2, [26] = 4, [27] = 8 }

-- Where a CBOR item that begins at `at` has ended; nil when it does not end in `range`.
local function after_item(range, at)
  local open = 1
  while open > 0 do
    if at >= range:len() then return nil end
    local head = range(at, 1):uint()
    local major, value = math.floor(head / 32), head % 32
    at = at + 1
    if value > 27 then return nil end
    local size = CBOR_SIZES[value]
    if size then
      if at + size > range:len() then return nil end
      local number = range(at, size)
      value = size == 8 and tonumber(tostring(number:uint64())) or number:uint()
      at = at + size
    end
    open = open - 1
    if major == 2 or major == 3 then
      at = at + value
      if at > range:len() then return nil end
    elseif major == 4 then
      open = open + value
    elseif major == 5 then
      open = open + 2 * value
    elseif major == 6 then
      open = open + 1
    end
  end
  return at
end

-- The type of the record that begins at `at`; nil when none does.
local function record_type(range, at)
  if at + 3 > range:len() then return nil end
  local first = range(at, 1):uint()
  if first < 0xa1 or first > 0xbb or range(at + 1, 1):uint() ~= 0 then return nil end
  local kind = range(at + 2, 1):uint()
  if kind == 0x18 and at + 3 < range:len() then kind = range(at + 3, 1):uint() end
  return kind
end

-- A message of the chat is records, one behind another; others are for their applications alone.
-- Returns what they are called, with their numbers: "accepted x3, message".
local function show_message(range, pinfo, tree)
  local names, counts = {}, {}
  local at = 0
  while at do
    local kind = record_type(range, at)
    if not kind then break end
    local next = after_item(range, at)
    tree:add(f.record, range(at, (next or range:len()) - at), kind):set_generated()
    local name = RECORDS[kind] or string.format("record %d", kind)
    if not counts[name] then table.insert(names, name) end
    counts[name] = (counts[name] or 0) + 1
    at = next
  end
  if #names == 0 then return nil end
  cbor:call(range:tvb(), pinfo, tree)
  for index, name in ipairs(names) do
    if counts[name] > 1 then names[index] = string.format("%s x%d", name, counts[name]) end
  end
  return table.concat(names, ", ")
end

local function show_channel(reader, tree)
  local channel, range = reader:varint()
  if not reader.failed then
    tree:add(f.channel, range, u64(channel))
    tree:add(f.kind, range, channel % 4):set_generated()
  end
  return channel
end

local function show_transmission(mark, tree, words)
  if mark.transmission == 0 then return end
  tree:add(f.transmission, mark.transmission + 1):set_generated()
  tree:add(f.first, mark.first):set_generated()
  tree:add_proto_expert_info(e.again, "Sent again: transmission " .. mark.transmission + 1)
  words[#words + 1] = "[sent again]"
end

-- RFC 3629: no surrogate, nothing longer than it need be, nothing beyond U+10FFFF.
local function is_utf8(text)
  local at = 1
  while at <= #text do
    local first, second = text:byte(at, at + 1)
    local more = first < 0x80 and 0 or first < 0xc2 and -1 or first < 0xe0 and 1
      or first < 0xf0 and 2 or first < 0xf5 and 3 or -1
    if more < 0 or at + more > #text then return false end
    for i = 1, more do
      local byte = text:byte(at + i)
      if byte < 0x80 or byte > 0xbf then return false end
    end
    if first == 0xe0 and second < 0xa0 or first == 0xed and second > 0x9f then return false end
    if first == 0xf0 and second < 0x90 or first == 0xf4 and second > 0x8f then return false end
    at = at + 1 + more
  end
  return true
end

-- A frame's body. Returns the words for the list of packets; sets `failed` when it is malformed.
local BODY = {}

BODY[1] = function() return {} end
BODY[12] = BODY[1]

BODY[2] = function(reader, tree)
  local delay, delay_range = reader:varint()
  local count = reader:varint()
  if count < 1 or count > 32 then reader.failed = true end
  if reader.failed then return {} end
  tree:add(f.delay, delay_range, delay * 0.008)
  local largest, below
  for i = 1, count do
    local start = reader.at
    local gap, length = reader:varint(), reader:varint()
    if reader.failed then return {} end
    local last = i == 1 and gap or below - 2 - gap
    below = last - length
    if below < 0 or last >= 2 ^ 53 - 1 then
      reader.failed = true
      return {}
    end
    local range = reader.tvb(start, reader.at - start)
    local text = below == last and string.format("%d", last) or string.format("%d-%d", below, last)
    tree:add(f.range, range, text)
    if i == 1 then
      largest = last
      tree:add(f.largest, range, u64(last)):set_generated()
    end
  end
  return { string.format("%d", largest) }
end

BODY[3] = function(reader, tree, pinfo, packet)
  local channel = show_channel(reader, tree)
  local id = reader:show(tree, f.id)
  local bytes = reader:blob()
  if reader.failed then return {} end
  tree:add(f.length, bytes, u64(bytes:len()))
  if bytes:len() > 0 then tree:add(f.data, bytes) end
  local words = { string.format("%d/%d", channel, id) }
  local raw = bytes:len() > 0 and bytes:bytes():raw() or ""
  show_transmission(note_piece(packet, pinfo.number, channel, id, 0, raw), tree, words)
  local record = show_message(bytes, pinfo, tree)
  if record then table.insert(words, 2, record) end
  return words
end

BODY[4] = function(reader, tree, pinfo, packet)
  local channel = show_channel(reader, tree)
  local id = reader:show(tree, f.id)
  local total = reader:show(tree, f.total)
  local offset = reader:show(tree, f.offset)
  local bytes = reader:blob()
  if bytes:len() == 0 or total > MAX_MESSAGE or offset + bytes:len() > total then
    reader.failed = true
  end
  if reader.failed then return {} end
  tree:add(f.data, bytes)
  local words = { string.format("%d/%d %d+%d of %d", channel, id, offset, bytes:len(), total) }
  local mark =
    note_piece(packet, pinfo.number, channel, id, offset, bytes:bytes():raw(), total)
  show_transmission(mark, tree, words)
  if mark.whole then
    local whole = ByteArray.new(mark.whole, true):tvb("Message " .. id)
    local record = show_message(whole(), pinfo, tree)
    table.insert(words, 2, "whole" .. (record and " " .. record or ""))
  end
  return words
end

BODY[5] = function(reader, tree)
  return { string.format("%d", reader:show(tree, f.limit)) }
end

BODY[6] = function(reader, tree)
  local channel = show_channel(reader, tree)
  return { string.format("%d %d", channel, reader:show(tree, f.limit)) }
end

BODY[7] = function(reader, tree)
  show_channel(reader, tree)
  reader:show(tree, f.code)
  return {}
end

BODY[8] = function(reader, tree)
  local data = reader:take(8)
  if not reader.failed then tree:add(f.challenge, data) end
  return {}
end
BODY[9] = BODY[8]

BODY[10] = function(reader, tree)
  reader:show(tree, f.sequence)
  local id = reader:blob()
  if id:len() < 1 or id:len() > 8 then reader.failed = true end
  if not reader.failed then tree:add(f.dcid, id) end
  return {}
end

BODY[11] = function(reader, tree)
  reader:show(tree, f.sequence)
  return {}
end

BODY[13] = function(reader, tree)
  local code = reader:show(tree, f.code)
  local reason = reader:blob()
  local raw = not reader.failed and reason:len() > 0 and reason:bytes():raw() or ""
  if #raw > 128 or not is_utf8(raw) then reader.failed = true end
  if reader.failed then return {} end
  tree:add(f.reason, reason, raw)
  return { CODES[code] or string.format("%d", code) }
end

BODY[14] = function(reader, tree)
  local channel = show_channel(reader, tree)
  local id = reader:show(tree, f.id)
  local length = reader:show(tree, f.length)
  if length > MAX_MESSAGE then reader.failed = true end
  return { string.format("%d/%d", channel, id) }
end

local function malformed(tree, text)
  tree:add_proto_expert_info(e.malformed, text)
  return "[malformed: " .. text .. "]"
end

-- The frames of a payload in the clear; their words for the list of packets.
local function show_frames(tvb, pinfo, tree, packet)
  local reader = Reader.new(tvb, 0)
  local words = {}
  if tvb:len() == 0 then return malformed(tree, "a packet without frames") end
  while reader.at < reader.stop do
    local start = reader.at
    local kind = tvb(start, 1):uint()
    local branch = tree:add(f.frame, tvb(start, 1), kind)
    reader.at = start + 1
    if kind == 0 then
      while reader.at < reader.stop and tvb(reader.at, 1):uint() == 0 do reader.at = reader.at + 1 end
      branch:set_len(reader.at - start)
      words[#words + 1] = "PADDING"
    else
      local body = BODY[kind]
      if not body then
        words[#words + 1] = malformed(branch, "unknown frame " .. kind)
        break
      end
      local more = body(reader, branch, pinfo, packet)
      if reader.failed then
        words[#words + 1] = malformed(branch, FRAMES[kind] .. " does not decode")
        break
      end
      branch:set_len(reader.at - start)
      words[#words + 1] = table.concat({ FRAMES[kind], (table.unpack or unpack)(more) }, " ")
      branch:append_text(#more > 0 and " " .. table.concat(more, " ") or "")
    end
  end
  return table.concat(words, ", ")
end

---------------------------------------------------------------------------------------------------
-- Packets

-- Section 3.4: the first three MUST be there, none twice, at most 32.
local function show_parameters(range, tree)
  if range:len() == 0 then return malformed(tree, "no transport parameters") end
  local reader = Reader.new(range:tvb(), 0)
  local values, count, is_wrong = {}, 0, false
  while reader.at < reader.stop and not reader.failed do
    local key = reader:varint()
    local value = reader:blob()
    if reader.failed then break end
    count = count + 1
    is_wrong = is_wrong or values[key] ~= nil or count > 32
    values[key] = true
    local name = PARAMETERS[key] or string.format("unknown parameter %d", key)
    if key >= 1 and key <= 4 then
      local inner = Reader.new(range:tvb(), reader.at - value:len(), reader.at)
      values[key] = inner:show(tree, f.parameter, name)
      is_wrong = is_wrong or inner.failed or inner.at < inner.stop
    else
      tree:add(f.parameter_bytes, value):prepend_text(name .. ": ")
      is_wrong = is_wrong or (key == 5 and value:len() ~= 16)
    end
  end
  is_wrong = is_wrong or reader.failed or not (values[1] and values[2] and values[3])
    or values[3] > 1000 or (values[4] and (values[4] < 1 or values[4] > 3))
  if is_wrong then malformed(tree, "transport parameters do not decode") end
end

-- The body of a long packet between its ids and its checksum.
local LONG_BODY = {}

local function show_token(reader, tree)
  local token = reader:blob()
  if token:len() > 128 then reader.failed = true end
  if not reader.failed and token:len() > 0 then tree:add(f.token, token) end
end

local function show_handshake(reader, tree, version)
  local message = reader:blob()
  if reader.failed or message:len() == 0 then return end
  local branch = tree:add(f.handshake, message)
  if version ~= PLAINTEXT or message(0, 1):uint() ~= 0x50 then return end
  show_parameters(message(1), branch)
end

-- Zeros until the datagram has 1200 bytes, and none beyond.
LONG_BODY[0] = function(reader, tree, version)
  show_token(reader, tree)
  show_handshake(reader, tree, version)
  if reader.failed or reader.at == reader.stop then
    if reader.stop < 1196 then reader.failed = true end
    return
  end
  local is_right = reader.stop == 1196
  local padding = reader:take(reader.stop - reader.at)
  tree:add(f.padding, padding)
  if not is_right or padding:bytes():raw():find("[^%z]") then reader.failed = true end
end

LONG_BODY[1] = show_handshake
LONG_BODY[2] = show_token

LONG_BODY[3] = function(reader, tree)
  local count = (reader.stop - reader.at) / 4
  if count > 16 or count ~= floor(count) then reader.failed = true end
  while not reader.failed and reader.at < reader.stop do tree:add(f.version, reader:take(4)) end
end

local function show_long(tvb, pinfo, tree)
  local length = tvb:len()
  if length < 11 then return malformed(tree, "too short") end
  tree:add(f.type, tvb(0, 1))
  tree:add(f.version, tvb(1, 4))
  local flags, version = tvb(0, 1):uint(), tvb(1, 4):uint()
  local kind = floor(flags / 16) % 4
  if flags < 0xc0 then return malformed(tree, "fixed bit") end
  local reader = Reader.new(tvb, 5, length - 4)
  local dcid, scid = reader:id(), reader:id()
  if reader.failed then return malformed(tree, "ids") end
  if dcid:len() > 0 then tree:add(f.dcid, dcid) end
  if scid:len() > 0 then tree:add(f.scid, scid) end
  if not TAG_LENGTH[version] and version ~= 0 then return "a version that nobody here speaks" end
  local good = crc32c(tvb:raw(0, length - 4)) == tvb(length - 4, 4):uint()
  tree:add(f.checksum, tvb(length - 4, 4))
  tree:add(f.checksum_good, tvb(length - 4, 4), good):set_generated()
  if not good then
    tree:add_proto_expert_info(e.checksum)
    return "[bad checksum]"
  end
  if flags % 16 ~= 0 or (kind == 3) ~= (version == 0) then return malformed(tree, "flags") end
  LONG_BODY[kind](reader, tree, version)
  if reader.failed or reader.at < reader.stop then return malformed(tree, "body") end
  if kind == 1 then
    -- A client's id has 8 bytes, a server's 4 (transport.md sections 2.1 and 3.1).
    local ids = {}
    for i, id in ipairs({ dcid, scid }) do ids[i] = id:len() > 0 and id:bytes():raw() or "" end
    if scid:len() == 8 then learn(pinfo, version, ids[2], ids[1])
    else learn(pinfo, version, ids[1], ids[2]) end
  end
  return VERSIONS[version]
end

local function show_short(tvb, pinfo, tree)
  local flags = tvb(0, 1):uint()
  local has_id = band(flags, 0x10) ~= 0
  local number_length = band(flags, 3) + 1
  local header_length = 1 + (has_id and 4 or 0) + number_length
  tree:add(f.phase, tvb(0, 1))
  tree:add(f.has_id, tvb(0, 1))
  tree:add(f.number_length, tvb(0, 1))
  if band(flags, 0x4c) ~= 0x40 then return malformed(tree, "reserved bits") end
  if tvb:len() < header_length then return malformed(tree, "too short") end
  local id = has_id and tvb:raw(1, 4) or nil
  if has_id then tree:add(f.dcid, tvb(1, 4)) end
  local number_range = tvb(header_length - number_length, number_length)
  tree:add(f.truncated, number_range)
  local packet = look(pinfo, tvb, id, header_length)
  tree:add(f.direction, packet.sender:lower()):set_generated()
  local rest = tvb(header_length)
  local connection = packet.connection
  if not packet.payload then
    if rest:len() > 0 then tree:add(f.payload, rest) end
    if not packet.is_wrong then return connection and "encrypted" or "of an unknown connection" end
    if connection.version == PLAINTEXT then
      tree:add_proto_expert_info(e.checksum)
      return "[bad checksum]"
    end
    tree:add_proto_expert_info(e.closed)
    return "[does not open]"
  end
  tree:add(f.number, number_range, u64(packet.number)):set_generated()
  if packet.first_seen then
    tree:add(f.seen, packet.first_seen):set_generated()
    tree:add_proto_expert_info(e.duplicate)
  end
  local tag_length = TAG_LENGTH[connection.version]
  local payload
  if connection.version == PLAINTEXT then payload = tvb(header_length, #packet.payload):tvb()
  else payload = ByteArray.new(packet.payload, true):tvb("Decrypted") end
  local words = show_frames(payload, pinfo, tree, packet)
  tree:add(f.tag, tvb(tvb:len() - tag_length, tag_length))
  local again = packet.first_seen and "[seen before] " or ""
  return string.format("#%d %s%s", packet.number, again, words)
end

function udpchat.dissector(tvb, pinfo, tree)
  local length = tvb:len()
  if length == 0 then return 0 end
  load_keys()
  pinfo.cols.protocol = "udpchat"
  pinfo.conversation = udpchat
  local branch = tree:add(udpchat, tvb())
  local flags = branch:add(f.flags, tvb(0, 1))
  flags:add(f.long, tvb(0, 1))
  flags:add(f.fixed, tvb(0, 1))
  local is_long = tvb(0, 1):uint() >= 0x80
  local words = is_long and show_long(tvb, pinfo, branch) or show_short(tvb, pinfo, branch)
  local name = is_long and LONG_TYPES[floor(tvb(0, 1):uint() / 16) % 4] or "Short"
  pinfo.cols.info = name .. " " .. (words or "")
  branch:append_text(", " .. name)
  return length
end

-- Ours: a long header with one of our versions, or a short one with the id of a server we know.
local function recognise(tvb, pinfo, tree)
  if tvb:len() < 6 then return false end
  local first = tvb(0, 1):uint()
  local is_ours
  if first >= 0xc0 then is_ours = TAG_LENGTH[tvb(1, 4):uint()] ~= nil
  else
    load_keys()
    local id = tvb:raw(1, 4)
    local _, to = ends(pinfo)
    is_ours = band(first, 0xdc) == 0x50 and (by_server[id .. to] or keys_of_server[id]) ~= nil
  end
  if is_ours then udpchat.dissector(tvb, pinfo, tree) end
  return is_ours
end

udpchat:register_heuristic("udp", recognise)
DissectorTable.get("udp.port"):add_for_decode_as(udpchat)
