internal import JSON

/// A client's message in the live protocol. Pure.
enum LiveCommand: Sendable, Equatable {
    /// Subscribes to one operation's frames after a sequence number.
    case operation(String, after: Int64)
    /// Subscribes to the frames of a thread's running and future operations.
    case thread(String)

    struct Mistake: Error, Equatable {
        let text: String
    }

    init(_ text: String) throws(Mistake) {
        guard text.utf8.count <= 4096, let message = try? JSON.parse(text, depthLimit: 4) else {
            throw Mistake(text: "A message must be a JSON object of at most 4 KB.")
        }
        if let operation = message["subscribe"]?.stringValue {
            guard let after = message["last_sequence"] else {
                self = .operation(operation, after: 0)
                return
            }
            guard let number = after.intValue, number >= 0 else {
                throw Mistake(text: "`last_sequence` must be the sequence number of the last frame received, or 0.")
            }
            self = .operation(operation, after: Int64(number))
        } else if let thread = message["subscribe_thread"]?.stringValue {
            self = .thread(thread)
        } else {
            throw Mistake(text: "Send {\"subscribe\":OPERATION,\"last_sequence\":N} or {\"subscribe_thread\":THREAD}.")
        }
    }
}
