internal import Crypto
internal import JSON

extension ToolIntent {
    /// What a decision about it is valid for, as SHA-256 in hexadecimal: the call, what it would do, and what it found.
    package func digest(session: String, requester: String) -> String {
        let parts: JSON = [
            .string(session), .string(requester), .string(self.call.tool.name), self.call.arguments,
            .string(self.subject), .string(self.directory), self.conditions, self.contents,
        ]
        return Crypto.hex(Crypto.sha256(parts.canonicalBytes))
    }

    /// SHA-256 of what it finds and of what it leaves, hexadecimal; nil if its text says all that it does.
    package var effect: String? {
        guard !self.preconditions.isEmpty || !self.changes.isEmpty else { return nil }
        let parts: JSON = [self.conditions, self.contents]
        return Crypto.hex(Crypto.sha256(parts.canonicalBytes))
    }

    private var conditions: JSON {
        .array(self.preconditions.map { [.string($0.path), $0.digest.map { .string($0) } ?? .null] })
    }

    private var contents: JSON {
        .array(
            self.changes.map { change in
                [
                    .string(change.path), change.bytes.map { .string(Crypto.hex(Crypto.sha256($0))) } ?? .null,
                    change.isExecutable.map { .bool($0) } ?? .null,
                ]
            })
    }
}
