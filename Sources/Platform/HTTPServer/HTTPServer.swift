package import EventLoop
internal import Glibc
internal import HTTP
internal import JSON
internal import Lifecycle
package import Logging
package import Primitives

/// A strict HTTP/1.1 server on the event loop (RFC 9110, RFC 9112).
package final class HTTPServer: Service {
    package let name: String
    package let settings: HTTPServerSettings
    let dispatcher: any HTTPDispatcher
    let logger: Logger
    @Net let scratch = ScratchBuffer(count: 64 * 1024)
    @Net var date = ServerDate()

    @Net private var listener: FileDescriptor?
    @Net private var registration: Registration?
    @Net private var isFull = false
    @Net private var drain: Timer?
    @Net private(set) var isDraining = false
    /// Whether another program keeps the socket listening.
    @Net private var hasSuccessor = false
    /// Bytes of responses that wait for their readers.
    @Net var queuedCount = 0
    @Net private var connections = ConnectionTable()
    @Net private var handedOver: [ObjectIdentifier: HTTPConnection] = [:]
    private let changed = WaitList()
    private let address = Protected<SocketAddress?>(nil)

    /// - Parameter dispatcher: For example a ``Router``.
    package init(
        _ settings: HTTPServerSettings, name: String = "http", logger: Logger = Logger(label: "http"),
        dispatcher: any HTTPDispatcher
    ) {
        self.settings = settings
        self.name = name
        self.logger = logger
        self.dispatcher = dispatcher
    }

    /// Handles every request with one handler on the pool.
    package convenience init(
        _ settings: HTTPServerSettings, name: String = "http", logger: Logger = Logger(label: "http"),
        handler: @escaping @concurrent @Sendable (HTTPServerRequest) async throws -> HTTPServerResponse
    ) {
        self.init(settings, name: name, logger: logger, dispatcher: SingleDispatcher(handler: .pool(handler)))
    }

    /// The listening address; `nil` before ``start()``.
    package var boundAddress: SocketAddress? { self.address.withLock { $0 } }

    @Net package var connectionCount: Int { self.connections.count }

    /// The memory in bytes of requests that wait until those before them are answered.
    @Net var pendingCount: Int { self.connections.all.reduce(0) { $0 + $1.pendingCount } }

    // MARK: Service

    /// Starts listening, on a socket of the service manager if there is one for the address. Throws ``HTTPServerError``
    /// with `cannotListen`.
    @Net package func start() throws {
        guard self.listener == nil, !self.isDraining else { return }
        guard let address = SocketAddress(host: self.settings.address, port: self.settings.port) else {
            throw HTTPServerError(
                .cannotListen, "\(self.settings.address) is not a numeric address; use one such as 127.0.0.1")
        }
        do {
            let listener = try self.listener(at: address)
            let number = listener.rawValue
            self.registration = try EventLoop.shared.watch(number, .readable) { [weak self] _ in self?.accept() }
            self.listener = consume listener
            self.address.withLock { $0 = Socket.localAddress(number) }
        } catch {
            throw HTTPServerError(
                .cannotListen, "can't listen: \(error); free the address or configure another one")
        }
    }

    private func listener(at address: SocketAddress) throws(SystemError) -> FileDescriptor {
        if let inherited = InheritedSockets.ofProcess.take(address) { return inherited }
        return try Socket.listen(on: address, sharing: self.settings.sharing)
    }

    /// Accepts connections on a socket that already listens, such as one from another network namespace. Throws
    /// ``HTTPServerError`` with `cannotListen`.
    @Net package func start(on listener: consuming FileDescriptor) throws {
        let number = listener.rawValue
        do {
            try Socket.adopt(listener: number)
            self.registration = try EventLoop.shared.watch(number, .readable) { [weak self] _ in self?.accept() }
        } catch {
            throw HTTPServerError(.cannotListen, "can't accept connections: \(error)")
        }
        self.listener = consume listener
    }

    /// Serves until ``stop()`` has been called and all running responses have ended.
    package func run() async throws {
        try await self.start()
        try await self.waitForEnd()
    }

    @Net private func waitForEnd() async throws {
        do {
            while !self.isDraining || !self.connections.isEmpty || !self.handedOver.isEmpty {
                try await self.changed.wait()
            }
            self.drain?.cancel()
        } catch {
            self.isDraining = true
            self.closeListener()
            self.abortAll()
            throw error
        }
    }

    /// A copy of the listening socket, which keeps listening after ``stop()``: for a successor. The caller owns it. Nil
    /// if the server does not listen.
    @Net package func keepListening() -> Int32? {
        guard let number = self.listener?.rawValue else { return nil }
        self.hasSuccessor = true
        let copy = fcntl(number, F_DUPFD_CLOEXEC, 3)
        return copy < 0 ? nil : copy
    }

    /// With a successor, how long idle connections stay open: a request that is already on its way would be lost.
    private static let grace: Duration = .milliseconds(500)

    /// Stops accepting, closes idle connections, and lets running responses finish until the drain deadline.
    @Net package func stop() async {
        guard !self.isDraining else { return }
        self.isDraining = true
        self.closeListener()
        if self.hasSuccessor {
            EventLoop.shared.schedule(after: Self.grace) { [weak self] in self?.abortIdle() }
        } else {
            self.abortIdle()
        }
        self.drain = EventLoop.shared.schedule(after: self.settings.deadlines.drain) { [weak self] in
            self?.abortAll()
        }
        self.changed.wakeAll()
    }

    @Net private func abortIdle() {
        for connection in self.connections.all where connection.isIdle { connection.abort() }
    }

    @Net private func abortAll() {
        for connection in self.connections.all { connection.abort() }
        for connection in self.handedOver.values { connection.exchange?.cancel() }
    }

    @Net private func closeListener() {
        self.registration?.cancel()
        self.registration = nil
        self.listener = nil
    }

    // MARK: Connections

    /// Accepts one client. Further ones are reported again at once, after this client's request.
    @Net private func accept() {
        do {
            guard self.connections.count < self.settings.maximumConnections else { return self.pause() }
            guard let number = self.registration?.descriptor, let descriptor = try Socket.accept(on: number)
            else { return }
            let connection = HTTPConnection(server: self, descriptor: descriptor)
            self.connections.add(connection)
            do {
                try connection.open()
            } catch {
                self.remove(connection)
                throw error
            }
        } catch {
            self.logger.warning("can't accept connections; retrying shortly", ["error": .string("\(error)")])
            self.registration?.modify([])
            EventLoop.shared.schedule(after: .milliseconds(200)) { [weak self] in
                self?.registration?.modify(.readable)
            }
        }
    }

    @Net private func pause() {
        self.registration?.modify([])
        guard !self.isFull else { return }
        self.isFull = true
        self.logger.warning(
            "the connection limit is reached; new clients must wait",
            ["limit": .integer(Int64(self.settings.maximumConnections))])
    }

    @Net func remove(_ connection: HTTPConnection) {
        self.connections.remove(connection)
        if !self.handedOver.isEmpty { self.handedOver[ObjectIdentifier(connection)] = nil }
        if self.isFull, self.connections.count < max(1, self.settings.maximumConnections * 9 / 10) {
            self.isFull = false
            self.registration?.modify(.readable)
        }
        if self.isDraining { self.changed.wakeAll() }
    }

    @Net func noteHandOver(_ connection: HTTPConnection) {
        self.connections.remove(connection)
        self.handedOver[ObjectIdentifier(connection)] = connection
    }

    private struct SingleDispatcher: HTTPDispatcher {
        let handler: HTTPDispatch.Handler

        func dispatch(_ head: RequestHead) -> HTTPDispatch { HTTPDispatch(self.handler) }
    }
}

/// The open connections by descriptor: the kernel assigns the lowest free number, so there are few gaps.
@Net
struct ConnectionTable {
    private var slots: [HTTPConnection?] = []
    private(set) var count = 0

    var isEmpty: Bool { self.count == 0 }
    var all: [HTTPConnection] { self.slots.compactMap { $0 } }

    /// The connection's slot must be free.
    mutating func add(_ connection: HTTPConnection) {
        let place = Int(connection.number)
        while self.slots.count <= place { self.slots.append(nil) }
        self.slots[place] = connection
        self.count += 1
    }

    mutating func remove(_ connection: HTTPConnection) {
        let place = Int(connection.number)
        guard self.slots.indices.contains(place), self.slots[place] === connection else { return }
        self.slots[place] = nil
        self.count -= 1
    }
}
