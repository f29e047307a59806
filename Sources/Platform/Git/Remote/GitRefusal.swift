internal import Primitives

/// Why a server refused a push, from its answer. Pure.
enum GitRefusal {
    /// Servers' messages for a branch that moved after the push began.
    private static let races = [
        "non-fast-forward", "fetch first", "failed to update ref", "cannot lock ref", "failed to lock", "stale info",
        "reference already exists", "incorrect old value", "but expected",
    ]

    /// - Parameters:
    ///   - status: The server's status for the branch.
    ///   - messages: The bytes of its further messages, which `git` shows after `remote:`.
    static func error(branch: String, status: String, messages: [UInt8]) -> GitError {
        let shown = GitName.printable(branch)
        let lower = status.lowercased()
        if Self.races.contains(where: { lower.contains($0) }) {
            return GitError(
                .conflict, "the server has moved the branch \(shown) in the meantime: fetch it and try again")
        }
        let details = Self.line(messages)
        let reason = details.isEmpty ? Self.line(Array(status.utf8)) : details
        return GitError(.rejected, "the server refused the push to \(shown) (\(reason)): change what it names")
    }

    /// A server's text as one line of at most 300 characters, without control characters and decorative lines.
    static func line(_ bytes: [UInt8]) -> String {
        let text = StreamSafeText.of(String(decoding: Self.withoutEscapes(bytes), as: UTF8.self))
        let lines = text.unicodeScalars.split { $0 == "\n" || $0 == "\r" }.compactMap { line -> String? in
            guard line.contains(where: { $0.properties.isAlphabetic || $0.properties.numericType != nil }) else {
                return nil
            }
            let shown = String.UnicodeScalarView(
                line.map {
                    switch $0.properties.generalCategory {
                    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse: " "
                    default: $0
                    }
                })
            return String(shown.drop { $0 == " " || $0 == "-" }).split(separator: " ").joined(separator: " ")
        }
        let joined = lines.joined(separator: "; ")
        return joined.count > 300 ? String(joined.prefix(299)) + "…" : joined
    }

    /// Removes terminals' escape sequences.
    private static func withoutEscapes(_ bytes: [UInt8]) -> [UInt8] {
        var kept: [UInt8] = []
        var position = 0
        while position < bytes.count {
            guard bytes[position] == 0x1B else {
                kept.append(bytes[position])
                position += 1
                continue
            }
            position += 1
            guard position < bytes.count, bytes[position] == UInt8(ascii: "[") else { continue }
            position += 1
            while position < bytes.count, !(0x40...0x7E).contains(bytes[position]) { position += 1 }
            position += 1
        }
        return kept
    }
}
