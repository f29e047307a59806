internal import CNATS
internal import EventLoop
internal import Glibc
internal import Primitives

/// A connected client of libnats, owned by whoever has it.
///
/// `@unchecked`: the library locks its clients.
@safe struct NATSHandle: @unchecked Sendable {
    let pointer: OpaquePointer
}

/// Connects on a thread of its own, which ends with the attempt.
///
/// Resolving a name and libnats' TLS handshake block without a limit, so an attempt that takes too long is left behind:
/// its thread closes what it may still get.
actor NATSDialer {
    private let thread = ThreadExecutor(name: "nats-dial")

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe self.thread.asUnownedSerialExecutor() }

    /// Attempts whose thread has not ended.
    private static let running = Protected(0)
    private static let runningLimit = 8

    deinit { self.thread.stop() }

    /// - Parameter target: Gets the connection's calls.
    static func connect(_ settings: NATSSettings, target: UInt) async throws -> NATSHandle {
        let mayStart = self.running.withLock { running in
            if running >= self.runningLimit { return false }
            running += 1
            return true
        }
        guard mayStart else {
            throw NATSError(.timeout, "\(self.runningLimit) attempts to connect to NATS hang in DNS or TLS")
        }
        let outcome = Outcome()
        // Unstructured: it must be possible to leave it behind.
        Task {
            let result: Result<NATSHandle, any Error>
            do {
                result = .success(try await NATSDialer().connect(settings, target: target))
            } catch {
                result = .failure(error)
            }
            self.running.withLock { $0 -= 1 }
            if !outcome.settle(result), case .success(let handle) = result { await NATSLink.destroy(handle) }
        }
        // The library's own limit comes first, except where it has none.
        let alarm = Alarm(after: settings.connectTimeout * 2 + .milliseconds(500)) {
            outcome.settle(.failure(NATSError(.timeout, "connecting to NATS takes too long (DNS or TLS)")))
        }
        defer { alarm.cancel() }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { outcome.wait($0) }
        } onCancel: {
            outcome.settle(.failure(CancellationError()))
        }
    }

    /// The first result counts.
    private final class Outcome: Sendable {
        private struct State {
            var result: Result<NATSHandle, any Error>?
            var waiter: CheckedContinuation<NATSHandle, any Error>?
        }

        private let state = Protected(State())

        /// False if there is a result already.
        @discardableResult
        func settle(_ result: Result<NATSHandle, any Error>) -> Bool {
            let (isFirst, waiter) = self.state.withLock { state in
                guard state.result == nil else { return (false, state.waiter) }
                state.result = result
                defer { state.waiter = nil }
                return (true, state.waiter)
            }
            if isFirst { waiter?.resume(with: result) }
            return isFirst
        }

        func wait(_ waiter: CheckedContinuation<NATSHandle, any Error>) {
            let result = self.state.withLock { state in
                if state.result == nil { state.waiter = waiter }
                return state.result
            }
            if let result { waiter.resume(with: result) }
        }
    }

    // MARK: On the thread

    private func connect(_ settings: NATSSettings, target: UInt) throws(NATSError) -> NATSHandle {
        var options: OpaquePointer?
        try Self.check(unsafe natsOptions_Create(&options))
        defer { unsafe natsOptions_Destroy(options) }
        try unsafe Self.set(options, settings, target: target)
        var connection: OpaquePointer?
        let status = unsafe natsConnection_Connect(&connection, options)
        guard status == NATS_OK, let connection = unsafe connection else {
            let code: NATSError.Code = status == NATS_CONNECTION_AUTH_FAILED ? .unauthorized : .disconnected
            throw NATSError(code, "cannot connect to NATS: \(NATSLibrary.lastError(status))")
        }
        return unsafe NATSHandle(pointer: connection)
    }

    private static func check(_ status: natsStatus) throws(NATSError) {
        guard status == NATS_OK else { throw NATSError(.library, "NATS: \(NATSLibrary.lastError(status))") }
    }

    private static func set(
        _ options: OpaquePointer?, _ settings: NATSSettings, target: UInt
    ) throws(NATSError) {
        try self.check(unsafe self.setServers(options, settings.servers))
        try self.check(unsafe natsOptions_SetName(options, settings.name))
        try self.check(unsafe natsOptions_SetTimeout(options, settings.connectTimeout.milliseconds))
        try self.check(unsafe natsOptions_SetPingInterval(options, settings.pingInterval.milliseconds))
        try self.check(unsafe natsOptions_SetMaxPingsOut(options, Int32(settings.unansweredPings)))
        // The library gives up after two refusals of the credentials, and keeps its lock while it connects; so
        // NATSConnection connects again itself.
        try self.check(unsafe natsOptions_SetAllowReconnect(options, false))
        try self.check(unsafe natsOptions_UseGlobalMessageDelivery(options, true))
        // Otherwise a thread writes up to a millisecond later.
        try self.check(unsafe natsOptions_SetSendAsap(options, true))
        try self.check(unsafe natsOptions_SetWriteDeadline(options, 1_000))
        try self.check(
            unsafe natsOptions_SetClosedCB(options, NATSLibrary.onClosed, NATSLibrary.closure(target)))
        try self.check(
            unsafe natsOptions_SetErrorHandler(options, NATSLibrary.onComplaint, NATSLibrary.closure(target)))
        if settings.hasTLS { try self.check(unsafe natsOptions_SetSecure(options, true)) }
        if let file = settings.caFile { try self.check(unsafe natsOptions_LoadCATrustedCertificates(options, file)) }
        switch settings.credentials {
        case .none: break
        case .token(let token): try self.check(unsafe natsOptions_SetToken(options, token.reveal()))
        case .user(let name, let password):
            try self.check(unsafe natsOptions_SetUserInfo(options, name, password.reveal()))
        case .file(let path):
            try self.check(unsafe natsOptions_SetUserCredentialsFromFiles(options, path, nil))
        }
    }

    private static func setServers(_ options: OpaquePointer?, _ servers: [String]) -> natsStatus {
        var addresses: [UnsafePointer<CChar>?] = unsafe servers.map { unsafe UnsafePointer(strdup($0)) }
        defer { unsafe addresses.forEach { unsafe free(UnsafeMutableRawPointer(mutating: $0)) } }
        return unsafe natsOptions_SetServers(options, &addresses, Int32(servers.count))
    }
}

extension Duration {
    fileprivate var milliseconds: Int64 {
        self.components.seconds * 1_000 + self.components.attoseconds / 1_000_000_000_000_000
    }
}
