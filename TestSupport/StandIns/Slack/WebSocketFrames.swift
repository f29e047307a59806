internal import Crypto

/// WebSocket framing for a server (RFC 6455 §5), without a socket.
///
/// Used only by stand-ins: tests must control every frame of the answer.
struct WebSocketFrames {
    enum Frame: Equatable {
        case text(String)
        case ping([UInt8])
        case pong
        case close(UInt16)
    }

    /// The peer violated the protocol; the connection cannot be used further.
    struct Broken: Error {
        let why: String
    }

    private var bytes: [UInt8] = []
    private var message: [UInt8] = []

    mutating func add(_ bytes: some Sequence<UInt8>) {
        self.bytes += bytes
    }

    /// The next complete frame; nil until more bytes arrive.
    mutating func next() throws(Broken) -> Frame? {
        while true {
            guard let (first, payload) = try self.take() else { return nil }
            let isLast = first & 0x80 != 0
            switch first & 0x0F {
            case 0x0, 0x1:
                self.message += payload
                guard isLast else { continue }
                defer { self.message = [] }
                guard let text = String(validating: self.message, as: UTF8.self) else {
                    throw Broken(why: "a text frame that isn't UTF-8")
                }
                return .text(text)
            case 0x8: return .close(payload.count < 2 ? 1005 : UInt16(payload[0]) << 8 | UInt16(payload[1]))
            case 0x9: return .ping(payload)
            case 0xA: return .pong
            default: throw Broken(why: "a frame of kind \(first & 0x0F)")
            }
        }
    }

    private mutating func take() throws(Broken) -> (UInt8, [UInt8])? {
        guard self.bytes.count >= 2 else { return nil }
        guard self.bytes[1] & 0x80 != 0 else { throw Broken(why: "an unmasked client frame") }
        var length = Int(self.bytes[1] & 0x7F), start = 2
        if length >= 126 {
            let width = length == 126 ? 2 : 8
            guard self.bytes.count >= 2 + width else { return nil }
            length = self.bytes[2..<2 + width].reduce(0) { ($0 & 0xFF_FFFF) << 8 | Int($1) }
            start += width
        }
        guard length <= 4 << 20 else { throw Broken(why: "a frame of \(length) bytes") }
        guard self.bytes.count >= start + 4 + length else { return nil }
        let mask = Array(self.bytes[start..<start + 4])
        var payload = Array(self.bytes[start + 4..<start + 4 + length])
        for index in payload.indices { payload[index] ^= mask[index & 3] }
        let first = self.bytes[0]
        self.bytes.removeFirst(start + 4 + length)
        return (first, payload)
    }

    static func text(_ text: String) -> [UInt8] { self.frame(0x81, Array(text.utf8)) }
    static func ping(_ payload: [UInt8]) -> [UInt8] { self.frame(0x89, payload) }
    static func pong(_ payload: [UInt8]) -> [UInt8] { self.frame(0x8A, payload) }
    static func close(_ code: UInt16) -> [UInt8] { self.frame(0x88, [UInt8(code >> 8), UInt8(code & 0xFF)]) }

    private static func frame(_ first: UInt8, _ payload: [UInt8]) -> [UInt8] {
        var bytes = [first]
        switch payload.count {
        case ..<126: bytes.append(UInt8(payload.count))
        case ..<65_536: bytes += [126, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
        default:
            bytes.append(127)
            for shift in stride(from: 56, through: 0, by: -8) { bytes.append(UInt8((payload.count >> shift) & 0xFF)) }
        }
        return bytes + payload
    }

    /// The server's half of the handshake.
    static func handshake(key: String) -> [UInt8] {
        let accept = base64(sha1(Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)))
        let head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        return Array((head + "Sec-WebSocket-Accept: \(accept)\r\n\r\n").utf8)
    }
}

/// SHA-1 (RFC 3174), used only by the handshake.
func sha1(_ message: [UInt8]) -> [UInt8] {
    var state: [UInt32] = [0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0xC3D2_E1F0]
    var bytes = message + [0x80]
    while bytes.count % 64 != 56 { bytes.append(0) }
    for shift in stride(from: 56, through: 0, by: -8) { bytes.append(UInt8(((message.count * 8) >> shift) & 0xFF)) }
    for start in stride(from: 0, to: bytes.count, by: 64) {
        var words = (0..<16).map { index in
            bytes[start + index * 4..<start + index * 4 + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        }
        for index in 16..<80 {
            let word = words[index - 3] ^ words[index - 8] ^ words[index - 14] ^ words[index - 16]
            words.append(word << 1 | word >> 31)
        }
        var (a, b, c, d, e) = (state[0], state[1], state[2], state[3], state[4])
        for index in 0..<80 {
            let (mix, constant): (UInt32, UInt32) =
                switch index {
                case ..<20: ((b & c) | (~b & d), 0x5A82_7999)
                case ..<40: (b ^ c ^ d, 0x6ED9_EBA1)
                case ..<60: ((b & c) | (b & d) | (c & d), 0x8F1B_BCDC)
                default: (b ^ c ^ d, 0xCA62_C1D6)
                }
            let next = (a << 5 | a >> 27) &+ mix &+ e &+ constant &+ words[index]
            (e, d, c, b, a) = (d, c, b << 30 | b >> 2, a, next)
        }
        for (index, value) in [a, b, c, d, e].enumerated() { state[index] &+= value }
    }
    return state.flatMap { word in stride(from: 24, through: 0, by: -8).map { UInt8((word >> UInt32($0)) & 0xFF) } }
}
