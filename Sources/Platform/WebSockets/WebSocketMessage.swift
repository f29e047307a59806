package enum WebSocketMessage: Sendable, Hashable {
    case text(String)
    case binary([UInt8])

    /// The payload size before compression.
    package var byteCount: Int {
        switch self {
        case .text(let text): text.utf8.count
        case .binary(let bytes): bytes.count
        }
    }

    var bytes: [UInt8] {
        switch self {
        case .text(let text): Array(text.utf8)
        case .binary(let bytes): bytes
        }
    }

    var isText: Bool { if case .text = self { true } else { false } }
}
