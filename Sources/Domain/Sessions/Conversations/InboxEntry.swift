internal import Chat
internal import Database
package import Etiquette
internal import Store
package import Threads

/// An inbox entry of a thread.
package enum InboxEntry: Sendable {
    case message(StoredMessage, Intent)
    case change(StoredChange)
}

extension Ledger {
    /// Those of these entries that still wait to be handled, by number, without any that cannot be read.
    func waiting(
        _ numbers: [Int64], reading: (InboundMessage, Role?) -> Intent
    ) throws -> [Int64: InboxEntry] {
        var entries: [Int64: InboxEntry] = [:]
        for number in numbers {
            let row = try self.connection.query(
                "SELECT event, body, role, state FROM inbox WHERE number = ?", [.integer(number)]
            ).first
            guard let row else { continue }
            let (event, role) = (try row.text("event"), try row.optionalText("role").flatMap { Role(rawValue: $0) })
            switch try row.text("state") {
            case "new":
                guard let message = try? StoredForm.message(from: try row.text("body")) else { continue }
                let stored = StoredMessage(number: number, event: event, message: message, role: role)
                entries[number] = .message(stored, reading(message, role))
            case "change":
                guard let change = try? StoredForm.change(from: try row.text("body")) else { continue }
                entries[number] = .change(StoredChange(number: number, event: event, change: change, role: role))
            default: break
            }
        }
        return entries
    }
}
