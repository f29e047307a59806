package import Chat
internal import Primitives

/// Texts for people and models about the files that came with a question.
package enum FileTexts {
    package static func fetching(_ name: String, size: Int?) -> String {
        "Fetching `\(name)`\(size.map { " (\(FileSize.text($0)))" } ?? "")."
    }

    package static func failed(_ name: String, _ failure: FileFailure) -> String {
        "`\(name)` was not read: \(failure.reason)."
    }

    package static func writingDown(_ name: String) -> String { "Writing down what is said in `\(name)`." }

    /// In place of the text of a voice note; the note stays attached.
    package static func notWrittenDown(_ name: String, _ failure: FileFailure) -> String {
        "`\(name)` could not be written down: \(failure.reason). It stays attached as a file."
    }

    package static func notPlaced(_ name: String, _ reason: String) -> String {
        "`\(name)` was not put into the workspace: \(reason)"
    }

    package static func renamed(_ name: String, to other: String) -> String {
        "`\(name)` is in the workspace already, so yours is `\(other)` there."
    }

    /// Names a file of the workspace and links to it.
    package static func link(to name: String, bytes: Int, in session: String, publicURL: String) -> String {
        let query = name.utf8.map { byte in
            let isPlain = byte >= 0x30 && byte <= 0x39 || byte >= 0x41 && byte <= 0x5A || byte >= 0x61 && byte <= 0x7A
            if isPlain || "-._~/".utf8.contains(byte) { return String(UnicodeScalar(byte)) }
            let digits = String(byte, radix: 16, uppercase: true)
            return "%" + (digits.utf8.count == 1 ? "0" : "") + digits
        }.joined()
        return Self.link(to: name, bytes, "\(publicURL)/api/v1/threads/\(session)/files?name=\(query)")
    }

    /// Names a file of a message and links to it.
    package static func link(
        to file: SentFile, of message: Int64, in session: String, publicURL: String
    ) -> String {
        Self.link(
            to: file.name, file.size ?? 0,
            "\(publicURL)/api/v1/threads/\(session)/messages/\(message)/files/\(file.number)")
    }

    private static func link(to name: String, _ bytes: Int, _ address: String) -> String {
        "`\(name.replacing("`", with: "'").filter { !$0.isNewline })` (\(FileSize.text(bytes))): \(address)"
    }

    /// How the names of answers begin that were read aloud, in the folder of their session; the operation follows.
    package static let saidPrefix = "said-"

    package static func notSent(_ name: String, _ reason: String) -> String { "`\(name)` was not sent: \(reason)" }

    package static let nothingToAnswer =
        "There is nothing to answer: none of the message's files could be read. Send it again."

    // MARK: Reasons, each a clause

    package static func tooMany(limit: Int) -> String { "only the first \(limit) files of a message are read" }
    static func tooLarge(limit: Int) -> String { "it is larger than \(FileSize.text(limit))" }
    static func notStored(_ error: String) -> String { "the host cannot store it (\(error))" }
    /// Follows another reason.
    static func isPlaced(_ reason: String) -> String { "\(reason); it is in the workspace" }
    package static let unsupported = "files cannot be fetched from here"
    static let expired = "it has expired; send it again"
    package static let noDirectory = "this host has no place for files"
    static let webPage = "the network sent a web page instead"

    // MARK: For the model

    static let listing = "Files:"
    static func notAvailable(_ name: String, _ failure: FileFailure) -> String {
        "[file \(name) not available: \(failure.reason)]"
    }
    static func notShown(_ name: String) -> String {
        "`\(name)` is not shown here: together the files are too long."
    }
}
