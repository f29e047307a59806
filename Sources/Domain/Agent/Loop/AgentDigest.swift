internal import Crypto
internal import JSON
internal import Models

/// The digests in a turn's record: SHA-256, hexadecimal.
enum AgentDigest {
    static func of(_ text: String) -> String { hex(sha256(text)) }

    /// Of what the gate decides about: a decision holds for exactly this.
    static func of(_ intent: ToolIntent) -> String {
        let changes = intent.changes.map { change -> JSON in
            ["path": .string(change.path), "digest": change.bytes.map { .string(hex(sha256($0))) } ?? .null]
        }
        let preconditions = intent.preconditions.map { condition -> JSON in
            ["path": .string(condition.path), "digest": condition.digest.map { .string($0) } ?? .null]
        }
        let form: JSON = [
            "tool": .string(intent.call.tool.name), "arguments": intent.call.arguments,
            "subject": .string(intent.subject), "directory": .string(intent.directory), "changes": .array(changes),
            "preconditions": .array(preconditions),
        ]
        return hex(sha256(form.canonicalBytes))
    }

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
