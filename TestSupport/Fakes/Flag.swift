package import EventLoop

/// Set once; waited for.
@Net
package final class Flag {
    package private(set) var isSet = false
    private let changed = WaitList()

    package nonisolated init() {}

    package func set() {
        self.isSet = true
        self.changed.wakeAll()
    }

    package func wait() async throws {
        while !self.isSet { try await self.changed.wait() }
    }
}
