internal import EventLoop
internal import Lifecycle
internal import Logging
internal import Primitives
internal import Repositories

/// Looks for commits that others have made, so that lists of tasks which nobody reads are up to date for whoever watches.
package final class TaskWatch: Service {
    package let name = "tasks"
    private let desk: TaskDesk
    private let wakeup = Signal()
    private let isStopping = Protected(false)
    /// Repositories whose servers report that a branch has moved.
    private let pushed = Protected<Set<String>>([])

    /// Between two looks at a branch on this machine, which cost a few system calls, and on a server, which is asked. Git
    /// tells nobody of a push, and its files are replaced, not written.
    private static let pause = Duration.seconds(1)
    private static let looksPerServer = 60

    package init(desk: TaskDesk) { self.desk = desk }

    package func run() async throws {
        // Neither a sleeping task nor a step of the desk unless something has moved: a host without work keeps in memory
        // what this uses.
        let alarm = Alarm(after: Self.pause, isRepeating: true) { [wakeup] in wakeup.signal() }
        defer { alarm.cancel() }
        var look = 0
        while !self.isStopping.withLock({ $0 }) {
            let pushed = self.pushed.withLock { names in
                defer { names = [] }
                return names
            }
            let isDue = look % Self.looksPerServer == 0
            if isDue || !pushed.isEmpty || self.desk.hasMoved {
                await self.desk.look(withServers: isDue, pushed: pushed)
            }
            look += 1
            await self.wakeup.wait()
        }
        try Task.checkCancellation()
    }

    /// A server reports a push, which must not wait for the next look.
    package func hurry(_ repository: String) {
        _ = self.pushed.withLock { $0.insert(repository) }
        self.wakeup.signal()
    }

    package func stop() async {
        self.isStopping.withLock { $0 = true }
        self.wakeup.signal()
    }
}

extension TaskDesk {
    /// Whether a branch may be elsewhere than when it was read, or was never read here.
    nonisolated var hasMoved: Bool {
        self.names.contains { name in
            guard let repository = try? self.repositories.repository(name) else { return false }
            return self.known.withLock { $0[name] }.map { !repository.isUnmoved(since: $0) } ?? !repository.isMirror
        }
    }

    /// Brings the index up to date where branches have moved. What cannot be read is reported to whoever asks for it.
    func look(withServers: Bool, pushed: Set<String> = []) async {
        for name in self.names {
            guard let repository = try? self.repositories.repository(name) else { continue }
            // A server is asked only about lists that somebody has looked at: it would be cloned for nobody otherwise.
            if repository.isMirror {
                // Whoever reads something has the mirror fetched behind their back.
                let hasMoved = self.known.withLock({ $0[name] }).map { !repository.isUnmoved(since: $0) } ?? false
                guard withServers || hasMoved || pushed.contains(name), await self.isFollowed(name) else { continue }
                if pushed.contains(name) { try? await repository.refresh(hasMoved: true) }
            }
            _ = try? await self.refresh(name)
        }
    }
}
