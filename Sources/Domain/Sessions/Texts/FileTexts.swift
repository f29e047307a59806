internal import Chat

/// Texts for people and models about the files that came with a question.
enum FileTexts {
    static func fetching(_ name: String, size: Int?) -> String {
        "Fetching `\(name)`\(size.map { " (\(FileSize.text($0)))" } ?? "")."
    }

    static func failed(_ name: String, _ failure: FileFailure) -> String {
        "`\(name)` was not read: \(failure.reason)."
    }

    static let nothingToAnswer = "There is nothing to answer: none of the message's files could be read. Send it again."

    // MARK: Reasons, each a clause

    static func tooMany(limit: Int) -> String { "only the first \(limit) files of a message are read" }
    static func tooLarge(limit: Int) -> String { "it is larger than \(FileSize.text(limit))" }
    static func notStored(_ error: String) -> String { "the host cannot store it (\(error))" }
    static let unsupported = "files cannot be fetched from here"
    static let noDirectory = "this host has no place for files"
    static let webPage = "the network sent a web page instead"

    // MARK: For the model

    static let listing = "Files:"
    static func notShown(_ name: String) -> String {
        "`\(name)` is not shown here: together the files are too long."
    }
}
