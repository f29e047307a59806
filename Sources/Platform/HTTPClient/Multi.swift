internal import CCurl
internal import EventLoop
internal import Glibc

/// libcurl's multi interface, driven by the event loop's readiness events and timers.
///
/// libcurl's callbacks never call back into this class: they only record events and wake tasks, which run later.
@Net @safe
final class Multi {
    /// The owner of a handle in this multi.
    @Net protocol User: AnyObject {
        var easy: EasyHandle { get }
        /// Of the connection that the transfer uses; 0 while that is unknown.
        var localPort: Int32 { get }
        /// The transfer has ended. The handle is still in the multi, so it can be queried. Next comes
        /// ``Multi/remove(_:)``, except for a raw connection, which stays open.
        func finished(_ result: CURLcode)
    }

    /// A socket of libcurl's.
    @Net private final class WatchedSocket {
        var registration: Registration?
        /// libcurl reports when it closes the socket, so it can stay watched between requests, which saves two system
        /// calls each.
        let isConnection: Bool
        /// No transfer uses it, or those that do are paused.
        var isIdle = false

        init(isConnection: Bool) {
            self.isConnection = isConnection
        }

        func unwatch() {
            self.registration?.cancel()
            self.registration = nil
        }
    }

    private let pointer: UnsafeMutableRawPointer
    private var timer: Timer?
    private var sockets: [Int32: WatchedSocket] = [:]
    private var users: [UInt: any User] = [:]
    private var idle: [EasyHandle] = []
    private var isInside = false
    private var waiting: [@Net () -> Void] = []
    private var isClosing = false
    private var isFreed = false

    init?(maxConnections: Int?, maxIdleConnections: Int) {
        _ = CurlLibrary.isReady
        guard let pointer = unsafe curl_multi_init() else { return nil }
        unsafe self.pointer = pointer
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe ccurl_multi_set_socket_function(pointer, onSocket, context)
        unsafe ccurl_multi_set_timer_function(pointer, onTimer, context)
        // By default the cache grows with the number of transfers.
        unsafe ccurl_multi_set_long(pointer, CURLMOPT_MAXCONNECTS, maxIdleConnections)
        if let maxConnections {
            unsafe ccurl_multi_set_long(pointer, CURLMOPT_MAX_TOTAL_CONNECTIONS, maxConnections)
        }
    }

    /// A handle to configure; ``add(_:)`` starts it, ``recycle(_:)`` takes it back.
    func handle() throws(HTTPClientError) -> EasyHandle {
        if let easy = self.idle.popLast() { return easy }
        guard let easy = EasyHandle() else { throw HTTPClientError(.local, "no memory for a transfer") }
        return easy
    }

    /// Schedules the user's transfer; it starts in a later turn of the loop.
    func add(_ user: any User) throws(HTTPClientError) {
        let code = unsafe curl_multi_add_handle(self.pointer, user.easy.pointer)
        guard code == CURLM_OK else {
            throw HTTPClientError(
                .local, "the transfer can't be started: \(unsafe String(cString: curl_multi_strerror(code)))")
        }
        self.users[user.easy.key] = user
    }

    /// Ends the user's transfer if it is still running, which closes a connection that no other transfer uses.
    func remove(_ user: any User) {
        precondition(!self.isInside, "a handle was removed inside a callback of libcurl")
        // libcurl would keep an HTTP/2 connection without announcing the stream's end until the next request.
        user.easy.set(CURLOPT_FORBID_REUSE, true)
        unsafe curl_multi_remove_handle(self.pointer, user.easy.pointer)
        user.easy.set(CURLOPT_FORBID_REUSE, false)
        self.users[user.easy.key] = nil
        // Deferred: the caller may be iterating over the multi's messages.
        if self.isClosing { EventLoop.shared.execute { self.closeIfUnused() } }
    }

    /// The longest body that an unused handle may keep, in bytes.
    private static let idleBodyLimit = 64 * 1024

    /// Takes back a removed handle.
    func recycle(_ easy: EasyHandle) {
        guard self.idle.count < 64, !self.isClosing, easy.bodyCount <= Self.idleBodyLimit else { return easy.close() }
        if easy.shape == nil { easy.reset() }
        self.idle.append(easy)
    }

    /// Keeps the sockets of a handle's connections watched between its transfers.
    func keepWatching(_ easy: EasyHandle) {
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe ccurl_set_socket_functions(easy.pointer, onOpened, onClosed, context)
    }

    /// Resumes a paused direction of a transfer, later, so that libcurl's callbacks may call it.
    func unpause(_ user: any User, _ paused: @escaping @Net () -> Int32) {
        EventLoop.shared.execute {
            guard let current = self.users[user.easy.key], current === user else { return }
            self.inside { unsafe curl_easy_pause(user.easy.pointer, paused()) }
            self.collect()
            self.runWaiting()
        }
    }

    /// Calls `body` outside of libcurl: after the current call into it, or else in the loop's next turn.
    func afterwards(_ body: @escaping @Net () -> Void) {
        self.waiting.append(body)
        if !self.isInside, self.waiting.count == 1 { EventLoop.shared.execute { self.runWaiting() } }
    }

    private func runWaiting() {
        // These may add more, which also run here.
        while !self.waiting.isEmpty {
            let waiting = self.waiting
            self.waiting.removeAll(keepingCapacity: true)
            for body in waiting { body() }
        }
    }

    /// Frees everything once the last transfer has ended.
    func close() {
        self.isClosing = true
        EventLoop.shared.execute { self.closeIfUnused() }
    }

    private func closeIfUnused() {
        guard self.users.isEmpty, !self.isFreed else { return }
        self.isFreed = true
        for easy in self.idle { easy.close() }
        self.idle = []
        // Closes the cached connections and reports their sockets as removed.
        unsafe curl_multi_cleanup(self.pointer)
        self.timer?.cancel()
        for socket in self.sockets.values { socket.unwatch() }
        self.sockets = [:]
    }

    // MARK: libcurl

    private func inside(_ body: () -> Void) {
        precondition(!self.isInside, "libcurl was entered twice")
        self.isInside = true
        body()
        self.isInside = false
    }

    private func act(on socket: Int32, _ events: Int32) {
        var running: Int32 = 0
        self.inside { unsafe curl_multi_socket_action(self.pointer, socket, events, &running) }
        self.collect()
        self.runWaiting()
    }

    private func collect() {
        var result = CURLE_OK
        while let easy = unsafe ccurl_multi_next_done(self.pointer, &result) {
            self.users[UInt(bitPattern: easy)]?.finished(result)
        }
    }

    fileprivate func setTimer(_ milliseconds: Int) {
        guard milliseconds >= 0 else {
            self.timer?.stop()
            return
        }
        let delay = Duration.milliseconds(milliseconds)
        if let timer = self.timer {
            timer.reschedule(after: delay)
        } else {
            self.timer = EventLoop.shared.schedule(after: delay) { [weak self] in self?.act(on: CURL_SOCKET_TIMEOUT, 0)
            }
        }
    }

    fileprivate func setInterest(_ what: Int32, in socket: Int32) {
        var interest: EpollEvents = []
        if what & CURL_POLL_IN != 0 { interest.insert(.readable) }
        if what & CURL_POLL_OUT != 0 { interest.insert(.writable) }
        let known = self.sockets[socket]
        if what == CURL_POLL_REMOVE, let known, known.isConnection {
            known.isIdle = true
            return
        }
        // An empty interest would still report a hang-up, repeatedly while a transfer is paused.
        guard !interest.isEmpty, what != CURL_POLL_REMOVE else {
            known?.unwatch()
            if known?.isConnection == false { self.sockets[socket] = nil }
            return
        }
        let watched = known ?? WatchedSocket(isConnection: false)
        if known == nil { self.sockets[socket] = watched }
        watched.isIdle = false
        if let registration = watched.registration, registration.isActive { return registration.modify(interest) }
        watched.registration = try? EventLoop.shared.watch(socket, interest) { [weak self, weak watched] readiness in
            if let watched, watched.isIdle { self?.received(readiness, in: socket, watched); return }
            var events: Int32 = 0
            if readiness.contains(.readable) { events |= CURL_CSELECT_IN }
            if readiness.contains(.writable) { events |= CURL_CSELECT_OUT }
            if !readiness.isDisjoint(with: [.error, .hangUp]) { events |= CURL_CSELECT_ERR }
            self?.act(on: socket, events)
        }
    }

    /// Bytes or an end arrived on a connection from which no transfer reads. Usually it is idle and the server has
    /// closed it.
    private func received(_ readiness: EpollEvents, in socket: Int32, _ watched: WatchedSocket) {
        guard readiness.contains(.peerClosed) || readiness.contains(.hangUp) || readiness.contains(.error) else {
            // Possibly a TLS session ticket, which the next request reads.
            watched.registration?.modify(.peerClosed)
            return
        }
        watched.unwatch()
        // A paused transfer reads the rest later.
        let port = Socket.localAddress(socket).map { Int32($0.port) }
        guard let port, !self.users.values.contains(where: { $0.localPort == port }) else { return }
        // libcurl checks for unread bytes before it reuses the connection. The close notice of TLS would look like a
        // live connection, so that the request would be lost.
        reading: while true {
            switch unsafe Socket.read(socket, into: Self.scratch.buffer) {
            case .moved(1...): continue
            case .moved, .wouldBlock, .failed: break reading
            }
        }
        shutdown(socket, Int32(SHUT_RDWR))
    }

    private static let scratch = ScratchBuffer(count: 4_096)

    fileprivate func opened(_ socket: Int32) { self.sockets[socket] = WatchedSocket(isConnection: true) }

    fileprivate func closed(_ socket: Int32) {
        self.sockets.removeValue(forKey: socket)?.unwatch()
        Glibc.close(socket)
    }
}

/// CURLMOPT_SOCKETFUNCTION; on the loop, the only place that calls libcurl.
private func onSocket(
    _ easy: UnsafeMutableRawPointer, _ socket: curl_socket_t, _ what: Int32, _ context: UnsafeMutableRawPointer?,
    _ socketContext: UnsafeMutableRawPointer?
) -> Int32 {
    guard let context = unsafe context else { return 0 }
    let multi = unsafe Unmanaged<Multi>.fromOpaque(context).takeUnretainedValue()
    Net.assumeIsolated { multi.setInterest(what, in: socket) }
    return 0
}

/// CURLOPT_SOCKOPTFUNCTION.
private func onOpened(_ context: UnsafeMutableRawPointer, _ socket: curl_socket_t, _ purpose: curlsocktype) -> Int32 {
    let multi = unsafe Unmanaged<Multi>.fromOpaque(context).takeUnretainedValue()
    Net.assumeIsolated { multi.opened(socket) }
    return CURL_SOCKOPT_OK
}

/// CURLOPT_CLOSESOCKETFUNCTION.
private func onClosed(_ context: UnsafeMutableRawPointer, _ socket: curl_socket_t) -> Int32 {
    let multi = unsafe Unmanaged<Multi>.fromOpaque(context).takeUnretainedValue()
    Net.assumeIsolated { multi.closed(socket) }
    return 0
}

/// CURLMOPT_TIMERFUNCTION.
private func onTimer(_ pointer: UnsafeMutableRawPointer, _ milliseconds: Int, _ context: UnsafeMutableRawPointer?)
    -> Int32
{
    guard let context = unsafe context else { return 0 }
    let multi = unsafe Unmanaged<Multi>.fromOpaque(context).takeUnretainedValue()
    Net.assumeIsolated { multi.setTimer(milliseconds) }
    return 0
}

/// libcurl's global state, initialized once.
private enum CurlLibrary {
    static let isReady: Bool = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK
}
