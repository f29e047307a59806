internal import CFrameGuard
internal import CWebSockets
internal import EventLoop
internal import Glibc
internal import HTTP
internal import Logging
internal import Primitives

/// One libwebsockets context and the thread that serves it.
///
/// The library calls back on that thread, inside ``turn()``; other threads communicate through ``Order``s.
@safe
actor WebSocketService {
    /// Requests from other threads to a connection.
    enum Order: Sendable {
        case write
        case resumeReading
        case close(WebSocketCloseCode, reason: String)
        case abort
    }

    nonisolated let executor: ThreadExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe self.executor.asUnownedSerialExecutor() }
    nonisolated let orders = WebSocketOrders()

    private let options: WebSocketServiceOptions
    private let logger: Logger
    private var service: UnsafeMutablePointer<cws_service>?
    /// Finds unmasked frames; nil for clients, whose servers must not mask.
    private var frameGuard: OpaquePointer?
    private var driver: WebSocketDriver?
    private let gate = Protected((isClosed: false, entering: 0))
    private var lastNumber: UInt64 = 0
    private var pacer = TurnPacer()
    private var emptied: [CheckedContinuation<Void, Never>] = []
    var links: [UInt64: WebSocketLink] = [:]
    /// Connections being handed over, by descriptor, until the library's first callback.
    var adopting: [Int32: WebSocketLink] = [:]
    /// The buffer for all writes: the library needs headroom before the data.
    let output = WebSocketOutput(capacity: 32 * 1024)

    init(name: String, options: WebSocketServiceOptions, logger: Logger) {
        self.executor = ThreadExecutor(name: name)
        self.options = options
        self.logger = logger
    }

    // MARK: Opening

    /// Hands a socket to the library, which completes the handshake in `head`; returns when the connection is open.
    ///
    /// - Parameter extra: Frames that the client sent together with its handshake.
    nonisolated func adopt(
        _ descriptor: consuming FileDescriptor, head: [UInt8], extra: [UInt8], subprotocol: String?,
        settings: WebSocketSettings
    ) async throws -> WebSocket {
        try self.enter()
        return try await self.take(
            descriptor, head: head, extra: extra, subprotocol: subprotocol, settings: settings)
    }

    private func take(
        _ descriptor: consuming FileDescriptor, head: [UInt8], extra: [UInt8], subprotocol: String?,
        settings: WebSocketSettings
    ) async throws -> WebSocket {
        try self.entered()
        let service = try unsafe self.started()
        let link = self.makeLink(settings: settings, isClient: false)
        link.subprotocol = subprotocol
        let number = descriptor.release()
        self.adopting[number] = link
        let usable = unsafe self.frameGuard.map { unsafe frame_guard_add($0, number, extra, extra.count) }
        let start = head + extra.prefix(usable ?? extra.count)
        try await self.open(link) {
            let wsi = unsafe start.withUnsafeBytes { bytes in
                unsafe bytes.baseAddress.flatMap { unsafe cws_adopt(service, number, $0, bytes.count) }
            }
            // On success the library reports the open connection later, from the loop.
            if unsafe wsi == nil { self.remove(link) }
        }
        return self.face(of: link)
    }

    /// Connects; name resolution blocks this service's thread, so a server's service never connects.
    nonisolated func connect(_ target: WebSocketTarget, settings: WebSocketSettings) async throws -> WebSocket {
        try self.enter()
        return try await self.reach(target, settings: settings)
    }

    private func reach(_ target: WebSocketTarget, settings: WebSocketSettings) async throws -> WebSocket {
        try self.entered()
        let service = try unsafe self.started()
        let link = self.makeLink(settings: settings, isClient: true)
        link.headers = target.headers
        try await self.open(link) {
            // Retained by the library until WSI_DESTROY, which never comes if there is no connection.
            let tag = unsafe Unmanaged.passRetained(link)
            let wsi = unsafe target.withCTarget { target in unsafe cws_connect(service, target, tag.toOpaque()) }
            if unsafe wsi == nil, unsafe link.wsi == nil, self.links[link.number] != nil {
                unsafe tag.release()
                self.remove(link, why: WebSocketError(.connect, "no connection to \(target.url.authority)"))
            }
        }
        return self.face(of: link)
    }

    private func open(_ link: WebSocketLink, begin: () -> Void) async throws {
        let number = link.number
        let orders = self.orders
        try await withTaskCancellationHandler {
            // Explicit isolation: a closure that doesn't capture `self` would otherwise not run on this actor.
            try await withCheckedThrowingContinuation(isolation: self) { continuation in
                link.opening = continuation
                begin()
            }
        } onCancel: {
            orders.post(.abort, to: number)
        }
        try Task.checkCancellation()
    }

    private func makeLink(settings: WebSocketSettings, isClient: Bool) -> WebSocketLink {
        self.lastNumber += 1
        let number = self.lastNumber
        let orders = self.orders
        let state = WebSocketState(settings: settings) { orders.post($0, to: number) }
        let link = WebSocketLink(number: number, state: state, isClient: isClient)
        self.links[number] = link
        return link
    }

    private func face(of link: WebSocketLink) -> WebSocket {
        let number = link.number
        let orders = self.orders
        return WebSocket(state: link.state, subprotocol: link.subprotocol) { orders.post($0, to: number) }
    }

    /// The context, created at its first use.
    private func started() throws(WebSocketError) -> UnsafeMutablePointer<cws_service> {
        if let service = unsafe self.service { return unsafe service }
        WebSocketLog.forward(to: self.logger)
        // The owner keeps the service alive until `stop()`, which destroys the context first.
        let user = unsafe Unmanaged.passUnretained(self).toOpaque()
        let service = unsafe self.options.withCOptions { options in
            unsafe cws_start(webSocketCallback, user, options)
        }
        guard let service = unsafe service else {
            throw WebSocketError(
                .unavailable, "libwebsockets failed to start: \(WebSocketLog.lastLine ?? "no reason given")")
        }
        unsafe self.service = service
        if !self.options.isClient {
            unsafe self.frameGuard = frame_guard_make()
            unsafe frame_guard_enter(self.frameGuard)
        }
        unsafe self.orders.attach(service)
        let driver = WebSocketDriver(service: self)
        self.driver = driver
        self.executor.attach(driver)
        return unsafe service
    }

    // MARK: The thread

    /// Executes pending orders, then waits for the library's events and handles them.
    func turn() {
        for (number, order) in self.orders.take() { self.carryOut(order, on: number) }
        let delay = self.pacer.delay(now: .current(), count: self.links.count)
        if delay > 0 {
            // Only this service's thread waits.
            var time = timespec(tv_sec: 0, tv_nsec: Int(delay))
            unsafe nanosleep(&time, nil)
            for (number, order) in self.orders.take() { self.carryOut(order, on: number) }
        }
        if let service = unsafe self.service { unsafe cws_turn(service) }
        self.closeUnmasked()
    }

    /// Closes the connections whose client sent an unmasked frame (RFC 6455 §5.1).
    private func closeUnmasked() {
        guard let frameGuard = unsafe self.frameGuard else { return }
        while true {
            let number = unsafe frame_guard_next_violation(frameGuard)
            guard number >= 0 else { return }
            let link =
                self.adopting[number]
                ?? self.links.values.first { link in
                    unsafe link.wsi.map { unsafe lws_get_socket_fd($0) == number } ?? false
                }
            link?.isUnmasked = true
            if let link, link.isOpen { self.refuseUnmasked(link) }
        }
    }

    func refuseUnmasked(_ link: WebSocketLink) {
        self.refuse(link, .protocolError, "the client sent an unmasked frame")
    }

    /// Ends a connection because of its peer's mistake. What still arrives is dropped, and what is queued isn't sent.
    func refuse(_ link: WebSocketLink, _ code: WebSocketCloseCode, _ reason: String) {
        _ = link.state.beginClosing()
        link.fail(WebSocketError(.peerMistake, "closed with \(code): \(reason)"))
        self.carryOut(.close(code, reason: reason), on: link.number)
    }

    private func carryOut(_ order: Order, on number: UInt64) {
        guard let link = self.links[number], let wsi = unsafe link.wsi else { return }
        switch order {
        case .write:
            unsafe lws_callback_on_writable(wsi)
        case .resumeReading:
            unsafe self.resumeReading(link, wsi)
        case .close(let code, let reason):
            unsafe self.close(link, wsi, code, reason, within: link.state.settings.closeSeconds)
        case .abort:
            unsafe cws_end(wsi)
        }
    }

    /// Lets queued messages go out, then the close frame, and waits for the peer's: an end before it would be a reset, in
    /// which the peer may lose what it hasn't read. A peer that neither reads nor answers can't delay the end.
    private func close(
        _ link: WebSocketLink, _ wsi: OpaquePointer, _ code: WebSocketCloseCode, _ reason: String, within seconds: Int
    ) {
        guard link.isOpen else { return unsafe cws_end(wsi) }
        let end = LoopInstant.current().advanced(by: .seconds(seconds))
        link.end = min(link.end ?? end, end)
        unsafe self.setTimer(link, wsi)
        guard link.closing == nil else { return }
        link.closing = (code.isSendable ? code : .normal, Self.cut(reason))
        if link.isReadingPaused { unsafe self.resumeReading(link, wsi) }
        unsafe lws_callback_on_writable(wsi)
    }

    private func resumeReading(_ link: WebSocketLink, _ wsi: OpaquePointer) {
        link.isReadingPaused = false
        link.lastHeard = .current()
        unsafe lws_rx_flow_control(wsi, 1)
    }

    /// Truncates to 123 bytes, the limit for a reason, without splitting a character.
    private static func cut(_ reason: String) -> String {
        var cut = Substring(reason)
        while cut.utf8.count > 123 { cut.removeLast() }
        return String(cut)
    }

    /// Forgets a connection that the library has released.
    func remove(_ link: WebSocketLink, why: WebSocketError? = nil) {
        unsafe link.wsi = nil
        self.links[link.number] = nil
        for (descriptor, other) in self.adopting where other === link { self.adopting[descriptor] = nil }
        link.finish(why)
        guard self.links.isEmpty else { return }
        for continuation in self.emptied { continuation.resume() }
        self.emptied = []
    }

    // MARK: Stopping

    /// Closes all connections with 1001, destroys the context and ends the thread.
    nonisolated func stop() async {
        let isFirst = self.gate.withLock { gate in
            defer { gate.isClosed = true }
            return !gate.isClosed
        }
        // A stopped service's thread may have ended and runs no more jobs.
        if isFirst { await self.end() }
    }

    private func end() async {
        for link in self.links.values {
            _ = link.state.beginClosing()
            guard let wsi = unsafe link.wsi else { continue }
            unsafe self.close(link, wsi, .goingAway, "", within: min(1, link.state.settings.closeSeconds))
        }
        if !self.links.isEmpty {
            await withCheckedContinuation { self.emptied.append($0) }
        }
        self.executor.detach()
        unsafe self.orders.attach(nil)
        if let service = unsafe self.service { unsafe cws_stop(service) }
        unsafe self.service = nil
        unsafe frame_guard_free(self.frameGuard)
        unsafe self.frameGuard = nil
        self.driver = nil
        // Callers that passed the gate before it closed must still be resumed; until then the thread keeps sleeping.
        if self.gate.withLock({ $0.entering == 0 }) { self.executor.stop() }
    }

    /// Precedes each call that hops to the thread, which then calls ``entered()`` first.
    nonisolated private func enter() throws(WebSocketError) {
        try self.gate.withLock { gate throws(WebSocketError) in
            guard !gate.isClosed else { throw Self.stopped }
            gate.entering += 1
        }
    }

    private func entered() throws(WebSocketError) {
        try self.gate.withLock { gate throws(WebSocketError) in
            gate.entering -= 1
            guard !gate.isClosed else { throw Self.stopped }
        }
    }

    private static let stopped = WebSocketError(.closed, "the WebSocket service has been stopped")
}
