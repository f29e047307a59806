package import Chat
internal import Primitives

/// How a whole conversation is written into a file.
package enum ExportFormat: String, Sendable, CaseIterable {
    case markdown
    /// In the API's own form.
    case json

    package var fileEnding: String {
        switch self {
        case .markdown: "md"
        case .json: "json"
        }
    }

    /// A file's name: the title's letters and digits, joined by dashes.
    ///
    /// - Parameter title: As people see it; may be empty.
    package func fileName(of session: SessionRecord, title: String) -> String {
        let words = title.lowercased().split { !$0.isLetter && !$0.isNumber }
        // A file's name has at most 255 bytes.
        let name = String(words.joined(separator: "-").prefix(60)).beginning(bytes: 200)
        return "\(name.isEmpty ? session.id : name).\(self.fileEnding)"
    }
}

/// Writes a conversation in a form, as a person with a role may see it, piece by piece.
package typealias ConversationExporter =
    @Sendable (
        _ session: SessionRecord, _ format: ExportFormat, _ reader: Sender, _ role: Role,
        _ write: @Sendable (String) async throws -> Void
    ) async throws -> Void
