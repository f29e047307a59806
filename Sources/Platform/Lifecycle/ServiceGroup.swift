internal import EventLoop
internal import Primitives

/// Runs services together and stops them in order.
///
/// The first TERM or INT (or ``terminate(reason:)``) stops them one at a time, last first, and cancels each that misses
/// its deadline. A later signal (see ``TerminationRequests``), the total deadline, or cancellation of the caller cancels
/// everything. A service that ends on its own triggers the same orderly shutdown, and ``run()`` throws its error.
package final class ServiceGroup: Sendable {
    package struct Settings: Sendable {
        /// For each service.
        package var stopDeadline: Duration = .seconds(20)
        /// For the whole orderly shutdown.
        package var totalDeadline: Duration = .seconds(45)
        /// How long the group waits for cancelled services.
        package var cancelDeadline: Duration = .seconds(5)
        /// Whether to watch TERM, INT, HUP and USR2; ``Signals/prepare()`` must have been called at the start of `main`.
        package var watchesSignals = true
        package var clock: any Clock<Duration> = ContinuousClock()
        /// Learns of reloads and of the shutdown, and gets signs of life if it wants them.
        package var manager: ServiceManager?
        /// Called for USR2, one call at a time. If it returns true, the orderly shutdown begins, after which another
        /// program is to take over this process.
        package var replace: (@Sendable () async -> Bool)?
        /// Answers, in whatever way, as long as the services work; see ``Watchdog``.
        package var check: @Sendable () async throws -> Void = {}

        package init() {}
    }

    /// Why an orderly shutdown happened.
    package enum Ending: Sendable, Hashable {
        /// Requested by ``terminate(reason:)`` or by a TERM, with which service managers stop a service.
        case stopped
        /// Interrupted from the keyboard: every signal that asked for the end was an INT.
        case interrupted
        /// Another program is to take over this process. It also takes over what did not end in time, as after a crash.
        case replaced
    }

    private let services: [any Service]
    private let settings: Settings
    private let report: @Sendable (LifecycleEvent) -> Void
    private let reload: (@Sendable () async -> Void)?
    private let inputs: AsyncStream<ShutdownMachine.Input>
    private let feed: AsyncStream<ShutdownMachine.Input>.Continuation
    private let terminations = Protected(TerminationRequests())
    /// Nil until a shutdown is requested. A request to stop overrides a replacement, and a TERM an interruption.
    private let ending = Protected<Ending?>(nil)
    /// The time since the group was created.
    private let elapsed: @Sendable () -> Duration

    /// - Parameters:
    ///   - services: In dependency order: a service may use those before it.
    ///   - report: Called for every step, for the log.
    ///   - reload: Called for SIGHUP, one call at a time; signals that arrive during a call cause one more.
    package init(
        _ services: [any Service], settings: Settings = Settings(),
        report: @escaping @Sendable (LifecycleEvent) -> Void = { _ in },
        reload: (@Sendable () async -> Void)? = nil
    ) {
        // First, so that it ends last.
        self.services = [Watchdog(settings.manager, check: settings.check)].compactMap { $0 } + services
        self.settings = settings
        self.report = report
        self.reload = reload
        self.elapsed = Self.stopwatch(settings.clock)
        // At most: two terminations, a cancellation, two group deadlines; an end and a deadline for each service.
        (self.inputs, self.feed) = AsyncStream.makeStream(
            bufferingPolicy: .bufferingOldest(8 + 2 * self.services.count))
    }

    /// Like a TERM signal: the first call begins the orderly shutdown, a later one cancels. Called on any thread.
    package func terminate(reason: String = "requested") {
        let now = self.elapsed()
        self.ending.withLock { $0 = $0 ?? .stopped }
        switch self.terminations.withLock({ $0.take(at: now) }) {
        case .pass: self.feed.yield(.terminate(reason: reason))
        case .report: self.report(.repeated(reason: reason))
        case .ignore: break
        }
    }

    private static func stopwatch(_ clock: some Clock<Duration>) -> @Sendable () -> Duration {
        let start = clock.now
        return { start.duration(to: clock.now) }
    }

    /// Runs all services until they have ended. Call it once. Throws a ``LifecycleError`` unless the shutdown was
    /// orderly.
    ///
    /// A group whose program is replaced throws nothing.
    @discardableResult
    package func run() async throws -> Ending {
        guard !self.services.isEmpty else { return .stopped }
        let (hangUps, hangUp) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let (requests, request) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let watch = try await self.watchSignals(hangUp: hangUp, replace: request)
        let replacing = Self.unawaited("restart") {
            for await _ in requests {
                guard await self.settings.replace?() == true else { continue }
                self.ending.withLock { $0 = .replaced }
                return self.terminate(reason: "a new program takes over")
            }
        }
        let reloading = Self.unawaited("reload") { for await _ in hangUps { await self.reloadOnce() } }
        // Unstructured: cancellation of the caller is an input here and must not stop the loop that reads inputs.
        let supervision = Task { try await self.supervise() }
        let result = await withTaskCancellationHandler {
            await supervision.result
        } onCancel: {
            self.feed.yield(.cancel)
        }
        reloading.cancel()
        replacing.cancel()
        await watch?.cancel()
        let ending = self.ending.withLock { $0 } ?? .stopped
        if ending != .replaced { try result.get() }
        return ending
    }

    private func reloadOnce() async {
        self.settings.manager?.tell(.reloading(at: .current()))
        await self.reload?()
        self.settings.manager?.tell(.ready)
    }

    private func watchSignals(
        hangUp: AsyncStream<Void>.Continuation, replace: AsyncStream<Void>.Continuation
    ) async throws -> SignalWatch? {
        guard self.settings.watchesSignals else { return nil }
        let signals = [Signals.terminate, Signals.interrupt, Signals.hangUp, Signals.replace]
        return try await Signals.watch(signals) { signal in
            switch signal {
            case Signals.hangUp: hangUp.yield()
            case Signals.replace: replace.yield()
            case Signals.interrupt:
                self.ending.withLock { $0 = $0 == .stopped ? .stopped : .interrupted }
                self.terminate(reason: "SIGINT")
            default:
                self.ending.withLock { $0 = .stopped }
                self.terminate(reason: "SIGTERM")
            }
        }
    }

    private func supervise() async throws {
        var machine = ShutdownMachine(names: self.services.map(\.name))
        let running = self.services.enumerated().map { index, service in
            Self.unawaited(service.name) { [feed] in
                do {
                    try await service.run()
                    feed.yield(.ended(index, error: nil))
                } catch {
                    feed.yield(.ended(index, error: error))
                }
            }
        }
        var helpers: [Task<Void, Never>] = []
        defer { for helper in helpers { helper.cancel() } }
        for await input in self.inputs {
            for action in machine.handle(input) {
                switch action {
                case .report(let event):
                    if case .stopping(let reason) = event {
                        // To the service manager, a new program in the same process is a reload.
                        let state: ServiceManager.Message =
                            self.ending.withLock { $0 } == .replaced ? .reloading(at: .current()) : .stopping
                        self.settings.manager?.tell(state, .status("Stopping: \(reason)"))
                    }
                    self.report(event)
                case .stop(let index):
                    helpers.append(Self.unawaited("stop") { [services] in await services[index].stop() })
                    helpers.append(self.after(self.settings.stopDeadline, .serviceDeadline(index)))
                case .cancel(let index): running[index].cancel()
                case .startTotalDeadline: helpers.append(self.after(self.settings.totalDeadline, .totalDeadline))
                case .startCancelDeadline: helpers.append(self.after(self.settings.cancelDeadline, .cancelDeadline))
                case .finish(let error):
                    if let error { throw error }
                    return
                }
            }
        }
    }

    private func after(_ delay: Duration, _ input: ShutdownMachine.Input) -> Task<Void, Never> {
        Self.unawaited("deadline") { [feed, clock = self.settings.clock] in
            guard (try? await clock.sleep(for: delay)) != nil else { return }
            feed.yield(input)
        }
    }

    /// Unstructured: a service, a `stop()` or a reload that ignores its cancellation must not keep the process from
    /// ending. The group cancels it.
    private static func unawaited(
        _ name: String, _ body: @escaping @Sendable @isolated(any) () async -> Void
    ) -> Task<Void, Never> {
        Task(name: name, operation: body)
    }
}
