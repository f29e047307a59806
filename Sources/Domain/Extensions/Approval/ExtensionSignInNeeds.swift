internal import Primitives

/// The servers at which an owner has to sign in, of whom nobody has been asked yet.
package final class ExtensionSignInNeeds: Sendable {
    private let names = Protected<Set<String>>([])
    let wakeup = Signal()

    package init() {}

    package func note(_ server: String) {
        self.names.withLock { _ = $0.insert(server) }
        self.wakeup.signal()
    }

    func take() -> [String] {
        self.names.withLock { names in
            defer { names = [] }
            return names.sorted()
        }
    }
}
