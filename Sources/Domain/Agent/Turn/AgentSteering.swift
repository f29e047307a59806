internal import Primitives

/// Passes what people say with `steer` to the running turn of their session.
package final class AgentSteering: Sendable {
    package struct Words: Sendable, Equatable {
        package let author: String
        package let text: String
    }

    /// More at once is no steering; bounds what people can make the host keep.
    private static let capacity = 16

    private let waiting = Protected<[String: [Words]]>([:])

    package init() {}

    /// Hands `text` to the running turn of `session`, which reads it before it asks the model again. False when no turn
    /// runs there, or it has not read the last ones yet.
    package func steer(_ text: String, by author: String, in session: String) -> Bool {
        self.waiting.withLock { waiting in
            guard let words = waiting[session], words.count < Self.capacity else { return false }
            waiting[session] = words + [Words(author: author, text: text)]
            return true
        }
    }

    func open(_ session: String) {
        self.waiting.withLock { $0[session] = $0[session] ?? [] }
    }

    func take(of session: String) -> [Words] {
        self.waiting.withLock { waiting in
            guard let words = waiting[session], !words.isEmpty else { return [] }
            waiting[session] = []
            return words
        }
    }

    /// Takes no more; returns what was not read.
    @discardableResult func close(_ session: String) -> [Words] {
        self.waiting.withLock { $0.removeValue(forKey: session) ?? [] }
    }
}
