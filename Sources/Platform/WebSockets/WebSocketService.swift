internal import CWebSockets
internal import EventLoop
internal import Glibc
internal import HTTP
internal import Logging
internal import Primitives

/// One libwebsockets context and the thread that serves it.
///
/// The library calls back on that thread, inside ``turn()``; other threads reach it by ``Order``s.
@safe
actor WebSocketService {
    /// What other threads ask of a connection.
    enum Order: Sendable {
        case write
        case resumeReading
        case close(WebSocketCloseCode, reason: String)
        /// End it now.
        case abort
    }

    nonisolated let executor: ThreadExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe self.executor.asUnownedSerialExecutor() }
    nonisolated let orders = WebSocketOrders()

    private let options: WebSocketServiceOptions
    private let logger: Logger
    private var service: UnsafeMutablePointer<cws_service>?
    private var driver: WebSocketDriver?
    private let gate = Protected((isClosed: false, entering: 0))
    private var lastNumber: UInt64 = 0
    private var pacer = TurnPacer()
    private var emptied: [CheckedContinuation<Void, Never>] = []
    var links: [UInt64: WebSocketLink] = [:]
    /// Connections that are being handed over, by descriptor, until the library's first call about them.
    var adopting: [Int32: WebSocketLink] = [:]
    /// What is written goes through here: the library wants room before it.
    let output = WebSocketOutput(capacity: 32 * 1024)

    init(name: String, options: WebSocketServiceOptions, logger: Logger) {
        self.executor = ThreadExecutor(name: name)
        self.options = options
        self.logger = logger
    }

    // MARK: Opening

    /// Hands a socket to the library, which answers the handshake in `head`; returns when the connection is open.
    nonisolated func adopt(
        _ descriptor: consuming FileDescriptor, head: [UInt8], subprotocol: String?, settings: WebSocketSettings
    ) async throws -> WebSocket {
        try self.enter()
        return try await self.take(descriptor, head: head, subprotocol: subprotocol, settings: settings)
    }

    private func take(
        _ descriptor: consuming FileDescriptor, head: [UInt8], subprotocol: String?, settings: WebSocketSettings
    ) async throws -> WebSocket {
        try self.entered()
        let service = try unsafe self.started()
        let link = self.makeLink(settings: settings, isClient: false)
        link.subprotocol = subprotocol
        let number = descriptor.release()
        self.adopting[number] = link
        try await self.open(link) {
            let wsi = unsafe head.withUnsafeBytes { bytes in
                unsafe bytes.baseAddress.flatMap { unsafe cws_adopt(service, number, $0, bytes.count) }
            }
            // Without the callback so far it comes later, from the loop.
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
            // The library holds it until WSI_DESTROY; without a connection there is no such call.
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
            // Said expressly: a closure that doesn't touch `self` would otherwise not be on this actor.
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
        let state = WebSocketState(settings: settings) { wish in
            switch wish {
            case .write: orders.post(.write, to: number)
            case .resumeReading: orders.post(.resumeReading, to: number)
            }
        }
        let link = WebSocketLink(number: number, state: state, isClient: isClient)
        self.links[number] = link
        return link
    }

    private func face(of link: WebSocketLink) -> WebSocket {
        let number = link.number
        let orders = self.orders
        return WebSocket(state: link.state, subprotocol: link.subprotocol) { orders.post($0, to: number) }
    }

    /// The context, made at its first use.
    private func started() throws(WebSocketError) -> UnsafeMutablePointer<cws_service> {
        if let service = unsafe self.service { return unsafe service }
        WebSocketLog.forward(to: self.logger)
        // Held by the service's owner until `stop()`, which destroys the context first.
        let user = unsafe Unmanaged.passUnretained(self).toOpaque()
        let service = unsafe self.options.withCOptions { options in
            unsafe cws_start(webSocketCallback, user, options)
        }
        guard let service = unsafe service else {
            throw WebSocketError(
                .unavailable, "libwebsockets doesn't start: \(WebSocketLog.lastLine ?? "no reason given")")
        }
        unsafe self.service = service
        unsafe self.orders.attach(service)
        let driver = WebSocketDriver(service: self)
        self.driver = driver
        self.executor.attach(driver)
        return unsafe service
    }

    // MARK: The thread

    /// Carries out the orders, then waits for the library's events and handles them.
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
    }

    private func carryOut(_ order: Order, on number: UInt64) {
        guard let link = self.links[number], let wsi = unsafe link.wsi else { return }
        switch order {
        case .write:
            unsafe lws_callback_on_writable(wsi)
        case .resumeReading:
            link.isReadingPaused = false
            link.lastHeard = .current()
            unsafe lws_rx_flow_control(wsi, 1)
        case .close(let code, let reason):
            guard link.closing == nil else { return }
            link.closing = (code.isSendable ? code : .normal, Self.cut(reason))
            // What waits may still go out; a peer that doesn't read doesn't hold the end up.
            unsafe cws_end(wsi, Int32(link.state.settings.closeSeconds))
            unsafe lws_callback_on_writable(wsi)
        case .abort:
            unsafe cws_end(wsi, 0)
        }
    }

    /// A reason has room for 123 bytes; never cut inside a character.
    private static func cut(_ reason: String) -> String {
        var cut = Substring(reason)
        while cut.utf8.count > 123 { cut.removeLast() }
        return String(cut)
    }

    /// The connection has gone for the library too.
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

    /// Closes every connection with 1001, destroys the context and ends the thread.
    nonisolated func stop() async {
        let isFirst = self.gate.withLock { gate in
            defer { gate.isClosed = true }
            return !gate.isClosed
        }
        // The thread of a stopped service may have ended, and takes no more jobs.
        if isFirst { await self.end() }
    }

    private func end() async {
        for link in self.links.values {
            _ = link.state.beginClosing()
            self.carryOut(.close(.goingAway, reason: ""), on: link.number)
        }
        if !self.links.isEmpty {
            await withCheckedContinuation { self.emptied.append($0) }
        }
        self.executor.detach()
        unsafe self.orders.attach(nil)
        if let service = unsafe self.service { unsafe cws_stop(service) }
        unsafe self.service = nil
        self.driver = nil
        // Who passed the gate before it was closed must still be answered; then the thread just sleeps.
        if self.gate.withLock({ $0.entering == 0 }) { self.executor.stop() }
    }

    /// Comes before each call that hops to the thread, and ``entered()`` first thing there.
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
