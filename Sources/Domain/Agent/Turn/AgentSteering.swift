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
    private let listeners = Protected<[String: @Sendable () -> Void]>([:])

    package init() {}

    /// Hands `text` to the running turn of `session`, which reads it before it asks the model again. False when no turn
    /// runs there, or it has not read the last ones yet.
    package func steer(_ text: String, by author: String, in session: String) -> Bool {
        let isTaken = self.waiting.withLock { waiting in
            guard let words = waiting[session], words.count < Self.capacity else { return false }
            waiting[session] = words + [Words(author: author, text: text)]
            return true
        }
        if isTaken { self.listeners.withLock { $0[session] }?() }
        return isTaken
    }

    /// - Parameter onWords: called when there is something to ``take(of:)``, for a turn that does not look by itself.
    package func open(_ session: String, onWords: (@Sendable () -> Void)? = nil) {
        self.waiting.withLock { $0[session] = $0[session] ?? [] }
        if let onWords { self.listeners.withLock { $0[session] = onWords } }
    }

    package func take(of session: String) -> [Words] {
        self.waiting.withLock { waiting in
            guard let words = waiting[session], !words.isEmpty else { return [] }
            waiting[session] = []
            return words
        }
    }

    /// Takes no more; returns what was not read.
    @discardableResult package func close(_ session: String) -> [Words] {
        self.listeners.withLock { $0[session] = nil }
        return self.waiting.withLock { $0.removeValue(forKey: session) ?? [] }
    }
}
