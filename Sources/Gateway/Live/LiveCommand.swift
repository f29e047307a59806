internal import JSON

/// What a client of the live protocol asks. Pure.
enum LiveCommand: Sendable, Equatable {
    /// Frames of one operation behind a sequence number.
    case operation(String, after: Int64)
    /// Frames of every operation of a thread, from those that run now on.
    case thread(String)

    struct Mistake: Error, Equatable {
        let text: String
    }

    init(_ text: String) throws(Mistake) {
        guard text.utf8.count <= 4096, let message = try? JSON.parse(text, depthLimit: 4) else {
            throw Mistake(text: "A message is a JSON object of at most 4 KB.")
        }
        if let operation = message["subscribe"]?.stringValue {
            guard let after = message["last_sequence"] else {
                self = .operation(operation, after: 0)
                return
            }
            guard let number = after.intValue, number >= 0 else {
                throw Mistake(text: "`last_sequence` is the number of the last frame that you have, or 0.")
            }
            self = .operation(operation, after: Int64(number))
        } else if let thread = message["subscribe_thread"]?.stringValue {
            self = .thread(thread)
        } else {
            throw Mistake(text: "Send {\"subscribe\":OPERATION,\"last_sequence\":N} or {\"subscribe_thread\":THREAD}.")
        }
    }
}
