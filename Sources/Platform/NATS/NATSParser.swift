internal import JSON

/// What a server sends, from bytes in pieces of any size
/// (https://docs.nats.io/reference/reference-protocols/nats-protocol). Pure.
struct NATSParser: Sendable {
    enum Line: Sendable, Equatable {
        case info(NATSInfo)
        /// Of the subscription with this number.
        case message(Int, NATSMessage)
        case ping
        case pong
        case ok
        /// Without the quotes.
        case error(String)
    }

    /// The line of a message whose bytes are not all there yet.
    private struct Head {
        let number: Int
        let subject: String
        let headerSize: Int
        let size: Int
    }

    /// No kind of line has a longer name.
    private static let wordLimit = 5
    /// INFO names all servers of a NATS cluster.
    private static let lineLimit = 1 << 20
    /// The largest `max_payload` that a server can be given.
    private static let messageLimit = 64 << 20

    private var bytes: [UInt8] = []
    private var start = 0
    /// Where the search for the end of a line goes on.
    private var searched = 0
    private var head: Head?

    mutating func append(_ new: [UInt8]) {
        if self.start > 0 {
            self.bytes.removeFirst(self.start)
            self.searched -= self.start
            self.start = 0
        }
        self.bytes += new
    }

    /// The next line that is complete. After an error, nothing that follows makes sense.
    mutating func next() throws(NATSError) -> Line? {
        if let head = self.head { return try self.message(head) }
        guard let end = self.bytes[self.searched...].firstIndex(of: UInt8(ascii: "\n")) else {
            self.searched = self.bytes.count
            guard self.bytes.count - self.start <= Self.lineLimit else { throw Self.invalid("a line without an end") }
            return nil
        }
        var line = self.bytes[self.start..<end]
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        self.move(to: end + 1)
        return try self.read(line)
    }

    private mutating func move(to index: Int) {
        self.start = index
        self.searched = index
    }

    private mutating func read(_ line: ArraySlice<UInt8>) throws(NATSError) -> Line? {
        let end = line.firstIndex(where: Self.isBlank) ?? line.endIndex
        let rest = line[end...]
        // No more than a word may have: a long run of combining marks takes hours to compare.
        switch String(decoding: line[..<end].prefix(Self.wordLimit), as: UTF8.self).uppercased() {
        case "PING": return .ping
        case "PONG": return .pong
        case "+OK": return .ok
        case "-ERR":
            let text = rest.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "'") }.prefix(200)
            return .error(String(decoding: text.filter { $0 != UInt8(ascii: "'") }, as: UTF8.self))
        case "INFO":
            guard let info = NATSInfo(Array(rest)) else { throw Self.invalid("an unreadable INFO") }
            return .info(info)
        case "MSG": return try self.begin(rest, hasHeaders: false)
        case "HMSG": return try self.begin(rest, hasHeaders: true)
        default: throw Self.invalid("an unknown line")
        }
    }

    /// `SUBJECT NUMBER [REPLY] [HEADER-SIZE] SIZE`
    private mutating func begin(_ arguments: ArraySlice<UInt8>, hasHeaders: Bool) throws(NATSError) -> Line? {
        let words = arguments.split(whereSeparator: Self.isBlank)
        let sizes = hasHeaders ? 2 : 1
        guard words.count == 2 + sizes || words.count == 3 + sizes, let number = Self.number(words[1]),
            let size = Self.number(words[words.count - 1]), size <= Self.messageLimit,
            let headerSize = hasHeaders ? Self.number(words[words.count - 2]) : 0, headerSize <= size
        else { throw Self.invalid("an unreadable message") }
        let head = Head(
            number: number, subject: String(decoding: words[0], as: UTF8.self), headerSize: headerSize, size: size)
        self.head = head
        return try self.message(head)
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

    /// At most nine digits.
    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        guard (1...9).contains(digits.count) else { return nil }
        var number = 0
        for digit in digits {
            guard (0x30...0x39).contains(digit) else { return nil }
            number = number * 10 + Int(digit - 0x30)
        }
        return number
    }

    private mutating func message(_ head: Head) throws(NATSError) -> Line? {
        let end = self.start + head.size
        guard self.bytes.count >= end + 2 else { return nil }
        guard self.bytes[end] == UInt8(ascii: "\r"), self.bytes[end + 1] == UInt8(ascii: "\n") else {
            throw Self.invalid("a message of another size than announced")
        }
        let body = self.start + head.headerSize
        let message = NATSMessage(subject: head.subject, payload: Array(self.bytes[body..<end]))
        self.move(to: end + 2)
        self.head = nil
        return .message(head.number, message)
    }

    private static func invalid(_ what: String) -> NATSError {
        NATSError(.invalidAnswer, "what answers is no NATS server: it sent \(what)")
    }
}

/// What a server says of itself when somebody connects.
struct NATSInfo: Sendable, Equatable {
    let payloadLimit: Int
    let requiresTLS: Bool
    let offersTLS: Bool
    /// To be signed with an nkey.
    let nonce: String?

    init(payloadLimit: Int, requiresTLS: Bool = false, offersTLS: Bool = false, nonce: String? = nil) {
        self.payloadLimit = payloadLimit
        self.requiresTLS = requiresTLS
        self.offersTLS = offersTLS
        self.nonce = nonce
    }

    init?(_ bytes: [UInt8]) {
        guard let json = try? JSON.parse(bytes), let limit = json["max_payload"]?.intValue else { return nil }
        self.init(
            payloadLimit: limit, requiresTLS: json["tls_required"]?.boolValue ?? false,
            offersTLS: json["tls_available"]?.boolValue ?? false, nonce: json["nonce"]?.stringValue)
    }
}
