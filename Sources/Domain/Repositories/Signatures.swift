package import Chat
internal import Crypto
package import Git

extension GitSignature {
    /// A chat user as the author of a commit: see ``LocalRepository/author(_:seconds:)``.
    ///
    /// The mail address is derived from the person's identity, so each identity always has the same, unique one: a
    /// readable part and a hash, in a domain that can't exist (RFC 2606).
    init(person: Sender, seconds: Int64) {
        let readable = person.id.lowercased().utf8.map { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): byte
            default: UInt8(ascii: "-")
            }
        }
        let words = String(decoding: readable.prefix(80), as: UTF8.self).split(separator: "-").joined(separator: "-")
        let hash = hex(Array(sha256(person.id).prefix(4)))
        self.init(
            name: person.displayName.isEmpty ? person.id : person.displayName,
            mail: "\(words.isEmpty ? "" : words + ".")\(hash)@users.jetbridge.invalid", seconds: seconds)
    }

    /// Jetbridge as the committer.
    package static func jetbridge(seconds: Int64) -> GitSignature {
        GitSignature(name: "Jetbridge", mail: "jetbridge@users.jetbridge.invalid", seconds: seconds)
    }
}

extension LocalRepository {
    /// The author of what somebody commits now.
    package nonisolated func author(_ person: Sender, seconds: Int64) async throws -> GitSignature {
        GitSignature(person: try await self.authors(person), seconds: seconds)
    }
}
