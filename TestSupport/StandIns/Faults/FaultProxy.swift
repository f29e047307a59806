package import EventLoop
internal import Primitives

/// A TCP proxy on loopback in front of any server, with the faults of a network.
///
/// ```swift
/// let proxy = try await FaultProxy.started(before: server.port)
/// // … a client talks to 127.0.0.1:proxy.port …
/// proxy.set(.swallow)  // it now gets no answer, and no error either
/// ```
@Net package final class FaultProxy {
    package enum Fault: Sendable, Equatable {
        case none
        /// Each byte arrives that much later, in both directions.
        case delay(Duration)
        /// Bytes stay where they are until the fault ends, and then arrive: a partition that heals.
        case hold
        /// Bytes are read and thrown away. The connections that lose bytes stay silent when the fault ends.
        case swallow
        /// New connections end at once, like those of a server that is down.
        case refuse
    }

    /// What happens to a connection at a certain word of its client.
    package enum Trap: Sendable, CaseIterable {
        /// It ends, and the server does not get the word.
        case cutBefore
        /// It ends when the server answers, and the client does not get the answer.
        case cutAfter
    }

    package nonisolated let port: Int
    private nonisolated let upstream: SocketAddress
    private let listener: FileDescriptor
    private var registration: Registration?
    private var connections: [Int: FaultyConnection] = [:]
    private let changed = WaitList()
    /// The number of connections so far. They are numbered from 0 in the order of their arrival.
    package private(set) var accepted = 0
    package private(set) var fault = Fault.none
    private var trap: Snare?
    /// What the clients of open connections said first.
    private var greetings: [Int: [UInt8]] = [:]
    /// How the clients of open connections call `COMMIT` once they have prepared it.
    private var commits: [Int: [UInt8]] = [:]
    private var named: (word: [UInt8], fault: Fault)?

    private struct Snare {
        let word: [UInt8]
        let effect: Trap
        let then: Fault
        /// Of a commit: what was said before on the same connection, until it was.
        var cause: [UInt8] = []
        var connection: Int?
        /// How many commits on that connection are let through.
        var passing = 0
    }

    private static let greetingLimit = 1_024
    private static let commit = Array("\0COMMIT\0".utf8)

    /// Starts one on a port of its own.
    package static func started(before upstream: Int) async throws -> FaultProxy {
        let proxy = try FaultProxy(before: upstream)
        proxy.registration = try EventLoop.shared.watch(proxy.listener.rawValue, .readable) { [weak proxy] _ in
            proxy?.accept()
        }
        return proxy
    }

    private init(before upstream: Int) throws {
        guard let target = SocketAddress(host: "127.0.0.1", port: UInt16(upstream)),
            let any = SocketAddress(host: "127.0.0.1", port: 0)
        else { throw SystemError("proxy", code: 22) }
        self.upstream = target
        self.listener = try Socket.listen(on: any)
        self.port = Int(Socket.localAddress(self.listener.rawValue)?.port ?? 0)
    }

    /// The number of open connections.
    package var open: Int { self.connections.count }

    /// Sets the fault of all connections, present and future.
    package func set(_ fault: Fault) {
        self.fault = fault
        self.named = nil
        for connection in self.connections.values { connection.set(fault) }
    }

    /// Sets the fault of connections whose client begins with a word, such as a name that it gives itself, present and
    /// future, until the next ``set(_:)`` of all.
    package func set(_ fault: Fault, ofConnectionsNaming word: String) {
        let named = (word: Array(word.utf8), fault: fault)
        self.named = named
        for (number, greeting) in self.greetings where greeting.firstRange(of: named.word) != nil {
            self.connections[number]?.set(fault)
        }
    }

    /// Sets the fault of one connection, until the next ``set(_:)`` of all.
    package func set(_ fault: Fault, ofConnection number: Int) {
        self.connections[number]?.set(fault)
    }

    /// Sets a trap for the first client that sends a word in one piece.
    ///
    /// - Parameter fault: Of all connections from then on.
    package func set(_ trap: Trap, at word: String, then fault: Fault = .none) {
        self.trap = Snare(word: Array(word.utf8), effect: trap, then: fault)
    }

    /// Sets a trap for the commit of a client of PostgreSQL, on the connection on which it has sent `cause` first. Only the
    /// first commit of a connection is spelled out.
    ///
    /// - Parameter passing: How many commits after `cause` are let through.
    package func set(_ trap: Trap, atCommitAfter cause: String, passing: Int = 0) {
        self.trap = Snare(word: [], effect: trap, then: .none, cause: Array(cause.utf8), passing: passing)
    }

    /// Whether no trap waits any more.
    package var isSprung: Bool { self.trap == nil }

    private func hear(_ bytes: [UInt8], on number: Int) {
        let known = self.greetings[number] ?? []
        guard known.count < Self.greetingLimit else { return }
        let greeting = known + bytes.prefix(Self.greetingLimit)
        self.greetings[number] = greeting
        guard let named, greeting.firstRange(of: named.word) != nil else { return }
        self.connections[number]?.set(named.fault)
    }

    private func spring(by bytes: [UInt8], on number: Int) -> Trap? {
        let isCommit = self.hasCommit(bytes, number)
        guard var trap = self.trap else { return nil }
        if trap.cause.isEmpty {
            guard bytes.firstRange(of: trap.word) != nil else { return nil }
        } else {
            if trap.connection == nil, bytes.firstRange(of: trap.cause) != nil { trap.connection = number }
            let isMeant = isCommit && trap.connection == number
            if isMeant { trap.passing -= 1 }
            self.trap = trap
            guard isMeant, trap.passing < 0 else { return nil }
        }
        self.trap = nil
        self.set(trap.then)
        return trap.effect
    }

    /// Learns the name of a prepared `COMMIT`, and finds it again (PostgreSQL, "Message Formats", Parse and Bind).
    private func hasCommit(_ bytes: [UInt8], _ number: Int) -> Bool {
        if let name = self.commits[number] { return bytes.firstRange(of: name) != nil }
        guard let text = bytes.firstRange(of: Self.commit) else { return false }
        let name = bytes[..<text.lowerBound].reversed().prefix { $0 > 0x20 }.reversed()
        self.commits[number] = [0] + name + [0]
        return true
    }

    /// Ends all connections, as a reset would.
    package func cut() {
        for connection in self.connections.values { connection.close() }
    }

    /// Returns when `count` connections have been accepted since the start.
    package func wait(forConnections count: Int) async throws {
        while self.accepted < count { try await self.changed.wait() }
    }

    package func stop() {
        self.registration?.cancel()
        self.cut()
    }

    private func accept() {
        while let client = try? Socket.accept(on: self.listener.rawValue) {
            let number = self.accepted
            self.accepted += 1
            self.changed.wakeAll()
            guard self.fault != .refuse, let server = try? Socket.startConnecting(to: self.upstream) else { continue }
            let connection = FaultyConnection(
                fault: self.fault,
                trap: { [weak self] bytes in
                    self?.hear(bytes, on: number)
                    return self?.spring(by: bytes, on: number)
                },
                onClose: { [weak self] in
                    self?.connections[number] = nil
                    self?.greetings[number] = nil
                    self?.commits[number] = nil
                })
            self.connections[number] = connection
            connection.start(client, server)
        }
    }
}
