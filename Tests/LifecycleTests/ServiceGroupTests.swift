import EventLoop
import Glibc
import Lifecycle
import Primitives
import TestSupport
import Testing

@Suite("ServiceGroup", .timeLimit(.minutes(1)))
struct ServiceGroupTests {
    private final class Journal: Sendable {
        private let lines = Protected<[String]>([])
        var all: [String] { self.lines.withLock { $0 } }
        func note(_ line: String) { self.lines.withLock { $0.append(line) } }
    }

    /// Runs until stopped, or as its manner says.
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
                // Never resumed, so that cancellation has no effect.
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

    private let clock = ManualClock()
    private let journal = Journal()

    private func group(
        _ services: [any Service], report: @escaping @Sendable (LifecycleEvent) -> Void = { _ in }
    ) -> ServiceGroup {
        var settings = ServiceGroup.Settings()
        settings.watchesSignals = false
        settings.clock = self.clock
        settings.stopDeadline = .seconds(1)
        settings.totalDeadline = .seconds(2)
        settings.cancelDeadline = .seconds(3)
        return ServiceGroup(services, settings: settings, report: report)
    }

    @Test("the service manager gets signs of life while the check answers, even with an error, and learns of the end")
    func manager() async throws {
        let systemd = try ManagerSocket()
        var settings = ServiceGroup.Settings()
        settings.watchesSignals = false
        settings.manager = ServiceManager(
            environment: ["NOTIFY_SOCKET": systemd.name, "WATCHDOG_USEC": "20000"])
        let (asked, gate) = (Signal(), Signal())
        settings.check = {
            asked.signal()
            await gate.wait()
            throw Worker.Broken()
        }
        let group = ServiceGroup([Worker("web", in: self.journal)], settings: settings)
        let running = Task { try await group.run() }
        await asked.wait()
        #expect(systemd.received().isEmpty)
        gate.signal()
        try await expectEqual(systemd.wait(for: "WATCHDOG=1"), ["WATCHDOG=1"])
        await asked.wait()
        gate.signal()
        _ = try await systemd.wait(for: "WATCHDOG=1")
        group.terminate(reason: "enough")
        try await expectEqual(systemd.wait(for: "STOPPING=1").last, "STOPPING=1\nSTATUS=Stopping: enough")
        // The watchdog ends last, and its last check may still be waiting.
        gate.signal()
        try await expectEqual(running.value, .stopped)
    }

    @Test("an orderly shutdown stops each service before the ones it depends on")
    func orderly() async throws {
        let group = self.group([
            Worker("store", in: self.journal), Worker("model", in: self.journal), Worker("web", in: self.journal),
        ])
        group.terminate()
        try await group.run()
        expectEqual(
            self.journal.all, ["stop web", "web ended", "stop model", "model ended", "stop store", "store ended"])
    }

    @Test("a service that ends early is the error, thrown after the others have stopped")
    func early() async {
        let group = self.group([Worker("store", in: self.journal), Worker("web", .returns, in: self.journal)])
        let error = await #expect(throws: LifecycleError.self) { try await group.run() }
        expectEqual(error?.code, .serviceEnded)
        expectEqual(error?.service, "web")
        expectEqual(self.journal.all, ["stop store", "store ended"])
    }

    @Test("a service's failure is passed on")
    func failing() async {
        let group = self.group([Worker("store", .fails, in: self.journal), Worker("web", in: self.journal)])
        let error = await #expect(throws: LifecycleError.self) { try await group.run() }
        expectEqual(error?.code, .serviceFailed)
        #expect(error?.underlying is Worker.Broken)
        expectEqual(self.journal.all, ["stop web", "web ended"])
    }

    @Test("a service that does not stop in time is cancelled, and the next one is stopped")
    func overdue() async {
        let group = self.group([Worker("store", in: self.journal), Worker("web", .ignoresStop, in: self.journal)])
        group.terminate()
        let running = Task { try await group.run() }
        await self.clock.sleepers(2)
        self.clock.advance(by: .seconds(1))
        let error = await #expect(throws: LifecycleError.self) { try await running.value }
        expectEqual(error?.code, .overdue)
        expectEqual(error?.service, "web")
        #expect(self.journal.all.contains("store ended"))
    }

    @Test("a second call cancels, and services that ignore that are left behind at the deadline")
    func cancelTwice() async {
        let group = self.group([
            Worker("store", .ignoresAll, in: self.journal), Worker("web", .ignoresStop, in: self.journal),
        ])
        group.terminate()
        self.clock.advance(by: .seconds(1))
        group.terminate()
        let running = Task { try await group.run() }
        await self.clock.sleepers(3)
        self.clock.advance(by: .seconds(3))
        let error = await #expect(throws: LifecycleError.self) { try await running.value }
        expectEqual(error?.code, .cutShort)
    }

    @Test("signals of one burst are one request: the shutdown stays orderly, and the log says how to end at once")
    func burst() async throws {
        let events = Protected<[LifecycleEvent]>([])
        let group = self.group([Worker("store", in: self.journal), Worker("web", in: self.journal)]) { event in
            events.withLock { $0.append(event) }
        }
        group.terminate(reason: "SIGINT")
        group.terminate(reason: "SIGINT")
        self.clock.advance(by: .milliseconds(999))
        for _ in 0..<1_000 { group.terminate(reason: "SIGTERM") }
        try await group.run()
        expectEqual(self.journal.all, ["stop web", "web ended", "stop store", "store ended"])
        expectEqual(events.withLock { $0.filter { $0 == .repeated(reason: "SIGINT") }.count }, 1)
    }

    @Test("cancelling the caller cancels the services")
    func cancelled() async {
        let group = self.group([Worker("store", in: self.journal), Worker("web", in: self.journal)])
        let running = Task { try await group.run() }
        running.cancel()
        let error = await #expect(throws: LifecycleError.self) { try await running.value }
        expectEqual(error?.code, .cutShort)
    }

    @Test("grace lets cleanup finish under cancellation, and ends it at its limit")
    func grace() async throws {
        let clock = self.clock
        let finished = Task {
            await withGrace(.seconds(1), clock: clock) { Task.isCancelled ? "cancelled" : "finished" }
        }
        finished.cancel()
        await expectEqual(finished.value, "finished")

        let overdue = Task {
            try await withGrace(.seconds(5), clock: clock) { try await Task.sleep(for: .seconds(3_600)) }
        }
        await clock.sleepers(1)
        clock.advance(by: .seconds(5))
        await #expect(throws: CancellationError.self) { try await overdue.value }
    }
}
