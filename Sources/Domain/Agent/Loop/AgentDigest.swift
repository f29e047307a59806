internal import Crypto
internal import Models

/// The digests in a turn's record: SHA-256, hexadecimal.
enum AgentDigest {
    static func of(_ text: String) -> String { hex(sha256(text)) }

    /// Of a request's messages.
    static func of(_ messages: [ModelMessage]) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(messages.reduce(0) { $0 + $1.text.utf8.count + 16 })
        for message in messages {
            bytes += message.role.rawValue.utf8
            bytes.append(0)
            bytes += message.text.utf8
            for image in message.images { bytes += "\u{0}\(image.digest)".utf8 }
            for call in message.toolCalls {
                bytes.append(0)
                bytes += "\(call.id)\u{0}\(call.name)\u{0}\(call.arguments)".utf8
            }
            bytes += (message.toolCallID ?? "").utf8
            bytes.append(0xFF)
        }
        return hex(sha256(bytes))
    }
}
