internal import Primitives

package enum WebSocketMessage: Sendable, Hashable {
    case text(String)
    case binary([UInt8])

    /// The size of the payload.
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

/// Joins and validates the message fragments that the library delivers.
struct MessageAssembler: Sendable {
    /// Why a message is rejected, with the close code to send.
    struct Refusal: Error, Sendable, Equatable {
        let code: WebSocketCloseCode
        let reason: String
    }

    private let limit: Int
    private var bytes: [UInt8] = []
    private var isText = false

    init(limit: Int) {
        self.limit = limit
    }

    /// Adds a fragment; returns the message after the last one.
    mutating func add(
        _ piece: borrowing Span<UInt8>, isFirst: Bool, isText: Bool, isLast: Bool
    ) throws(Refusal) -> WebSocketMessage? {
        if isFirst {
            self.bytes = []
            self.isText = isText
        }
        guard self.bytes.count + piece.count <= self.limit else {
            self.bytes = []
            throw Refusal(code: .messageTooBig, reason: "messages are limited to \(self.limit) bytes")
        }
        self.bytes.append(contentsOf: piece)
        guard isLast else { return nil }
        defer { self.bytes = [] }
        guard self.isText else { return .binary(self.bytes) }
        guard let text = String(validating: self.bytes, as: UTF8.self) else {
            throw Refusal(code: .invalidText, reason: "a text message is not UTF-8")
        }
        return .text(text)
    }
}
