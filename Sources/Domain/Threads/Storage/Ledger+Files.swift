package import Chat
internal import Database
internal import Primitives
package import Store

/// The files that came with a message.
package struct MessageFiles: Sendable {
    package let files: [SentFile]
    /// The first file of the list that its text ends with; nil for a text without one.
    package let listed: String?
}

extension Ledger {
    /// The files that came with a message of a person; nil for none.
    package func files(of message: MessageRecord) throws -> MessageFiles? {
        guard [.user, .command].contains(message.role), let id = message.turn else { return nil }
        // Most turns have none, and are not read.
        let found = try self.connection.query(
            "SELECT 1 FROM turns WHERE id = ? AND attachments IS NOT NULL", [.text(id)])
        guard !found.isEmpty, let turn = try self.turn(id: id) else { return nil }
        let isLast = turn.messages.last?.message == message.id
        return MessageFiles(files: turn.files(of: message.id), listed: isLast ? turn.files.first?.name : nil)
    }
}

extension TurnRecord {
    /// The files that came with one of its messages.
    fileprivate func files(of message: Int64) -> [SentFile] {
        let waiting = self.attachments.enumerated().map { index, attachment in
            SentFile(
                number: index + 1, file: nil, name: attachment.name.beginning(bytes: 255),
                mediaType: attachment.mediaType?.beginning(bytes: 100), size: attachment.size)
        }
        let files = waiting.isEmpty ? self.files : waiting
        guard let index = self.parts.firstIndex(where: { $0.message == message }) else { return files }
        let before = self.parts[..<index].reduce(0) { $0 + $1.files }
        return files.filter { $0.number > before && $0.number <= before + self.parts[index].files }
    }
}
