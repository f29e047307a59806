internal import EventLoop
internal import HTTP
internal import JSON
internal import Lifecycle
internal import Logging
internal import Models
internal import Primitives

/// The refresh itself: one exchange at a time among all processes on the data directory.
extension CopilotAccount {
    /// How long to wait for another process's exchange, in seconds.
    private static let patience = 60.0

    /// Takes over another process's token or exchanges one; a failure starts a backoff. Throws ``ModelError`` or
    /// `CancellationError`.
    func refresh() async throws -> StoredToken {
        do {
            let token = try await self.takeOverOrExchange()
            self.state.failures = 0
            self.state.backoff = nil
            return token
        } catch let failure as ExchangeFailure {
            self.state.failures += 1
            let delay = RefreshBackoff.delay(failure.kind, failures: self.state.failures, jitter: self.jitter())
            self.state.backoff = RefreshBackoff(
                error: failure.error, until: self.clock.now.uptime + delay, stamp: self.discovery.stamp)
            self.logger.warning(
                "no new Copilot token: \(failure.error.message)", ["retry_seconds": .number(delay.rounded())])
            throw failure.error
        }
    }

    private func takeOverOrExchange() async throws -> StoredToken {
        try? PrivateFile.makeFolder(self.settings.folder)
        let start = self.clock.now.uptime
        while true {
            try Task.checkCancellation()
            let seen = self.changes.count
            if let token = self.takeOverFreshToken() { return token }
            do {
                if let lock = try LockFile.take(self.settings.lockPath) {
                    return try await self.exchangeAndShare(under: lock)
                }
            } catch let error as SystemError {
                // If the folder is not writable, each process exchanges for itself.
                self.logger.warning("the Copilot token cannot be shared: \(error.message)")
                return try await self.exchangeAndUse()
            }
            guard self.clock.now.uptime - start < Self.patience else { throw self.lockedOut() }
            try await self.waitForChange(after: seen, upTo: .seconds(1))
        }
    }

    private func exchangeAndShare(under lock: consuming LockFile) async throws -> StoredToken {
        // Another process may have finished between the last look and the lock.
        if let token = self.takeOverFreshToken() { return token }
        let token = try await self.exchangeAndUse()
        do {
            try self.state.file.write(token)
        } catch {
            self.logger.warning("the Copilot token cannot be stored: \(error.message)")
        }
        _ = consume lock
        return token
    }

    /// The file's token, where it needs no exchange yet.
    private func takeOverFreshToken() -> StoredToken? {
        self.readFile()
        guard let current = self.state.current, current.term.untilRefresh(at: self.clock.now) > 0 else { return nil }
        return current
    }

    private func exchangeAndUse() async throws -> StoredToken {
        let success = try await self.exchangeRound()
        let token = success.token.token
        if let old = self.state.current?.token.value, old != token.value { Redaction.unregister(old) }
        self.state.current = success.token
        self.state.signIn = success.signIn
        self.state.rejected = nil
        self.logger.info(
            "a new Copilot token",
            [
                "source": .string("\(success.source)"), "seconds": .number(success.token.term.life.rounded()),
                "api": .string(token.apiURL.host),
            ])
        if let notice = success.notice { self.logger.warning("GitHub says: \(Redaction.redact(notice))") }
        return success.token
    }

    private func lockedOut() -> ExchangeFailure {
        let holder = LockFile.holder(of: self.settings.lockPath)
        // The details are for those who run the host; the error may appear in a thread.
        self.logger.error(
            "another process has been exchanging the Copilot token for a minute: stop it if it hangs, or delete the lock",
            ["process": holder.map { .integer(Int64($0.pid)) } ?? .null, "lock": .string(self.settings.lockPath)])
        return ExchangeFailure(
            .passing,
            ModelError(
                .timedOut,
                "Another process on the host's machine has been exchanging the Copilot token for a minute; ask an owner to "
                    + "look at the host's log, which names it."))
    }
}

/// After a failed exchange: when to ask GitHub again, and the error that requests get until then.
struct RefreshBackoff: Sendable {
    let error: ModelError
    /// In seconds of ``ClockReading/uptime``.
    let until: Double
    /// The state of the sign-in files; when it changes, the backoff ends early.
    let stamp: [PrivateFile.Stamp]

    /// Grows with the number of failures in a row: 1, 2, 4 … 60 s where the failure may pass by itself, 1, 2, 4 … 30
    /// min where a person has to sign in again.
    static func delay(_ kind: ExchangeFailure.Kind, failures: Int, jitter: Double) -> Double {
        let factor = Double(1 << min(max(failures - 1, 0), 10))
        return switch kind {
        case .signIn: min(60 * factor, 1_800)
        case .rateLimited(let wait): wait.inSeconds + jitter
        case .passing: min(factor, 60) * (0.75 + jitter / 4)
        }
    }
}
