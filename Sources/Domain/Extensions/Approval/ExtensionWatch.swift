internal import EventLoop
internal import Lifecycle
internal import Primitives

/// Checks each server once when the host starts, and whenever one says that its list has changed; then has owners asked
/// about what is new.
package final class ExtensionWatch: Service {
    package let name = "extensions"
    private let desk: ExtensionDesk
    private let ask: @Sendable () async -> Void
    private let state = Protected(State())

    private struct State {
        var isStopping = false
        var checks: Task<Void, Never>?
    }

    /// Servers that start at the same time.
    private static let width = 2
    /// Between two looks for lists of which nobody was asked.
    private static let pause = Duration.seconds(60)

    /// - Parameter ask: Asks owners about all lists that wait and of which nobody was asked.
    package init(_ desk: ExtensionDesk, ask: @escaping @Sendable () async -> Void) {
        self.desk = desk
        self.ask = ask
    }

    package func run() async throws {
        while !self.isStopping, !Task.isCancelled {
            await self.checkDue()
            await self.ask()
            // A command may have read another list.
            let alarm = Alarm(after: Self.pause) { [wakeup = self.desk.wakeup] in wakeup.signal() }
            await self.desk.wakeup.wait()
            alarm.cancel()
        }
        await self.desk.stop()
        try Task.checkCancellation()
    }

    package func stop() {
        let checks = self.state.withLock { state in
            state.isStopping = true
            return state.checks
        }
        checks?.cancel()
        self.desk.wakeup.signal()
    }

    private var isStopping: Bool { self.state.withLock { $0.isStopping } }

    /// A server that starts slowly doesn't hold up the host's stop.
    private func checkDue() async {
        let names = self.desk.takeDue()
        guard !names.isEmpty else { return }
        // Unstructured: a stop cancels it, and nothing else of the service.
        let checks = Task { await self.check(names) }
        self.state.withLock { $0.checks = checks }
        if self.isStopping { checks.cancel() }
        await withTaskCancellationHandler {
            await checks.value
        } onCancel: {
            checks.cancel()
        }
    }

    private func check(_ names: [String]) async {
        await withTaskGroup(of: Void.self) { group in
            var waiting = names.makeIterator()
            for _ in 0..<Self.width {
                guard let name = waiting.next() else { break }
                group.addTask { await self.desk.look(at: name) }
            }
            while await group.next() != nil, !Task.isCancelled {
                guard let name = waiting.next() else { continue }
                group.addTask { await self.desk.look(at: name) }
            }
        }
    }
}
