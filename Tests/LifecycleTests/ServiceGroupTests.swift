import EventLoop
import Glibc
import Lifecycle
import Primitives
import Testing

@Suite("ServiceGroup", .timeLimit(.minutes(1)))
struct ServiceGroupTests {
    private final class Journal: Sendable {
        private let lines = Protected<[String]>([])
        var all: [String] { self.lines.withLock { $0 } }
        func note(_ line: String) { self.lines.withLock { $0.append(line) } }
    }

    /// Runs until it is stopped, or as its manner says.
    private struct Worker: Service {
        enum Manner { case orderly, ignoresStop, ignoresAll, fails, returns }
        struct Broken: Error {}

        let name: String
        let manner: Manner
        let journal: Journal
        private let stopped: AsyncStream<Void>
        private let stopping: AsyncStream<Void>.Continuation

        init(_ name: String, _ manner: Manner = .orderly, in journal: Journal) {
            self.name = name
            self.manner = manner
            self.journal = journal
            (self.stopped, self.stopping) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(1))
        }

        func run() async throws {
            switch self.manner {
            case .fails: throw Broken()
            case .returns: return
            case .ignoresAll:
                // Never resumed on purpose: what no cancellation reaches.
                let (never, feed) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingOldest(1))
                await Task.detached { for await _ in never {} }.value
                feed.finish()
            case .orderly, .ignoresStop:
                for await _ in self.stopped { break }
                try Task.checkCancellation()
                self.journal.note("\(self.name) ended")
            }
        }

        func stop() async {
            self.journal.note("stop \(self.name)")
            if self.manner == .orderly { self.stopping.finish() }
        }
    }

    private let clock = GateClock()
    private let journal = Journal()

    private func group(_ services: [any Service]) -> ServiceGroup {
        var settings = ServiceGroup.Settings()
        settings.watchesSignals = false
        settings.clock = self.clock
        settings.stopDeadline = .seconds(1)
        settings.totalDeadline = .seconds(2)
        settings.cancelDeadline = .seconds(3)
        return ServiceGroup(services, settings: settings)
    }

    @Test("an orderly stop ends each service before the one that it stands on")
    func orderly() async throws {
        let group = self.group([
            Worker("store", in: self.journal), Worker("model", in: self.journal), Worker("web", in: self.journal),
        ])
        group.terminate()
        try await group.run()
        #expect(
            self.journal.all == ["stop web", "web ended", "stop model", "model ended", "stop store", "store ended"])
    }

    @Test("a service that ends early gives the error with its name, after the others have stopped")
    func early() async {
        let group = self.group([Worker("store", in: self.journal), Worker("web", .returns, in: self.journal)])
        let error = await #expect(throws: LifecycleError.self) { try await group.run() }
        #expect(error?.code == .serviceEnded)
        #expect(error?.service == "web")
        #expect(self.journal.all == ["stop store", "store ended"])
    }

    @Test("a service that fails gives its own error")
    func failing() async {
        let group = self.group([Worker("store", .fails, in: self.journal), Worker("web", in: self.journal)])
        let error = await #expect(throws: LifecycleError.self) { try await group.run() }
        #expect(error?.code == .serviceFailed)
        #expect(error?.underlying is Worker.Broken)
        #expect(self.journal.all == ["stop web", "web ended"])
    }

    @Test("a service that doesn't stop in time is cancelled, and the next one is stopped")
    func overdue() async {
        let group = self.group([Worker("store", in: self.journal), Worker("web", .ignoresStop, in: self.journal)])
        group.terminate()
        self.clock.pass(.seconds(1))
        let error = await #expect(throws: LifecycleError.self) { try await group.run() }
        #expect(error?.code == .overdue)
        #expect(error?.service == "web")
        #expect(self.journal.all.contains("store ended"))
    }

    @Test("the second call cancels, and what ignores that is left behind after its deadline")
    func cancelTwice() async {
        let group = self.group([
            Worker("store", .ignoresAll, in: self.journal), Worker("web", .ignoresStop, in: self.journal),
        ])
        group.terminate()
        group.terminate()
        self.clock.pass(.seconds(3))
        let error = await #expect(throws: LifecycleError.self) { try await group.run() }
        #expect(error?.code == .cutShort)
    }

    @Test("cancelling the caller cancels the services")
    func cancelled() async {
        let group = self.group([Worker("store", in: self.journal), Worker("web", in: self.journal)])
        let running = Task { try await group.run() }
        running.cancel()
        let error = await #expect(throws: LifecycleError.self) { try await running.value }
        #expect(error?.code == .cutShort)
    }

    @Test("grace lets cleanup finish under cancellation, and ends it at its limit")
    func grace() async throws {
        let clock = self.clock
        let finished = Task {
            await withGrace(.seconds(1), clock: clock) { Task.isCancelled ? "cancelled" : "finished" }
        }
        finished.cancel()
        #expect(await finished.value == "finished")

        clock.pass(.seconds(5))
        await #expect(throws: CancellationError.self) {
            try await withGrace(.seconds(5), clock: clock) { try await Task.sleep(for: .seconds(3_600)) }
        }
    }
}
