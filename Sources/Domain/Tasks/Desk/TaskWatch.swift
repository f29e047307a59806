internal import EventLoop
internal import Lifecycle
internal import Logging
internal import Primitives
internal import Repositories

/// Looks for commits that others have made, so that lists of tasks which nobody reads are up to date for whoever watches.
package final class TaskWatch: Service {
    package let name = "tasks"
    private let desk: TaskDesk
    private let stopped = Signal()
    private let isStopping = Protected(false)

    /// Between two looks at a branch on this machine, which cost a few system calls, and on a server, which is asked. Git
    /// tells nobody of a push, and its files are replaced, not written.
    private static let pause = Duration.seconds(1)
    private static let looksPerServer = 60

    package init(desk: TaskDesk) { self.desk = desk }

    package func run() async throws {
        var look = 0
        while !self.isStopping.withLock({ $0 }) {
            await self.desk.look(withServers: look % Self.looksPerServer == 0)
            look += 1
            await withTaskGroup(of: Void.self) { group in
                group.addTask(name: "stop") { await self.stopped.wait() }
                group.addTask(name: "timer") { try? await EventLoop.shared.sleep(for: Self.pause) }
                await group.next()
                group.cancelAll()
            }
        }
        try Task.checkCancellation()
    }

    package func stop() async {
        self.isStopping.withLock { $0 = true }
        self.stopped.signal()
    }
}

extension TaskDesk {
    /// Brings the index up to date where branches have moved. What cannot be read is reported to whoever asks for it.
    func look(withServers: Bool) async {
        for name in self.names {
            guard let repository = try? self.repositories.repository(name) else { continue }
            // A server is asked only about lists that somebody has looked at: it would be cloned for nobody otherwise.
            guard !repository.isMirror || withServers && self.known[name] != nil else { continue }
            _ = try? await self.refresh(name)
        }
    }
}
