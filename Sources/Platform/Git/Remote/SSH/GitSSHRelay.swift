internal import EventLoop
internal import Glibc
internal import HTTPClient
internal import Primitives

/// Relays the bytes of one SSH connection between libgit2 and a server.
///
/// libgit2 connects and reads without a time limit. The relay limits connecting and silence, and lets a cancelled
/// transfer end at once. The server's key is checked end to end, so the relay need not be trusted.
final class GitSSHRelay: Sendable {
    /// On 127.0.0.1, for one connection.
    let port: UInt16
    private let outside: StreamConnection
    private let listener: Listener
    private let work = Protected<Task<Void, Never>?>(nil)
    private let failed = Protected<GitError?>(nil)
    /// Bytes that the server may still send before its references have arrived; nil afterwards.
    private let room: Protected<Int?>

    /// How long a server may be silent: it is while it processes a large push, or while this side processes a large
    /// fetch.
    private static let silence = Duration.seconds(300)

    /// Connects to the server, within 15 seconds.
    ///
    /// - Parameter limit: Bytes that the server may send before ``referencesArrived()``; encryption adds little.
    static func open(
        host: String, port: Int, limit: Int = GitServerReferences.mostBytes
    ) async throws -> GitSSHRelay {
        let outside: StreamConnection
        do {
            outside = try await StreamConnection.connect(host: host, port: port)
        } catch let error as HTTPClientError {
            throw GitError(
                .unreachable,
                "the Git server can't be reached (\(error.message)): check the address and that the server runs")
        }
        let listener = try await Listener()
        let relay = GitSSHRelay(outside, listener, limit)
        // Unstructured: owned by the relay, whose `close` cancels it; every transfer calls that.
        let task = Task { await relay.run() }
        relay.work.withLock { $0 = task }
        return relay
    }

    private init(_ outside: StreamConnection, _ listener: Listener, _ limit: Int) {
        self.room = Protected(limit)
        self.outside = outside
        self.listener = listener
        self.port = listener.port
    }

    /// Why the relay ended the connection, if it did.
    var failure: GitError? { self.failed.withLock { $0 } }

    /// From now on the server sends what it was asked for.
    func referencesArrived() { self.room.withLock { $0 = nil } }

    func close() {
        self.outside.close()
        self.work.withLock { $0 }?.cancel()
        let listener = self.listener
        EventLoop.shared.runIfNeeded { listener.close() }
    }

    private func run() async {
        let outside = self.outside
        guard let inside = try? await self.listener.accepted() else { return }
        await withTaskGroup(of: Void.self) { group in
            group.addTask(name: "to the server") {
                while let bytes = try? await inside.read() {
                    guard (try? await outside.write(bytes)) != nil else { break }
                }
            }
            group.addTask(name: "from the server") {
                while !Task.isCancelled {
                    let bytes = try? await withDeadline(Self.silence) { try await outside.read() ?? [] }
                    guard let bytes else {
                        if !Task.isCancelled { self.timedOut() }
                        break
                    }
                    guard !bytes.isEmpty, self.take(bytes.count), (try? await inside.write(bytes)) != nil else { break }
                }
            }
            await group.next()
            group.cancelAll()
            outside.close()
            await inside.close()
        }
    }

    /// Counts bytes of the server. False when it may send no more.
    private func take(_ count: Int) -> Bool {
        let isWithin = self.room.withLock { room in
            guard let left = room else { return true }
            room = left - count
            return left >= count
        }
        if !isWithin {
            self.failed.withLock { $0 = GitServerReferences.tooMany("\(GitServerReferences.mostBytes >> 20) MB of") }
        }
        return isWithin
    }

    private func timedOut() {
        self.failed.withLock {
            $0 = GitError(.unreachable, "the Git server was silent for \(Self.silence): try again")
        }
    }

    /// Accepts one connection.
    @Net
    private final class Listener {
        nonisolated let port: UInt16
        private var descriptor: FileDescriptor?
        private var registration: Registration?
        private var inside: RelaySocket?
        private let changed = WaitList()

        init() throws {
            guard let address = SocketAddress(host: "127.0.0.1", port: 0) else { throw CancellationError() }
            let descriptor = try Socket.listen(on: address, backlog: 1)
            let number = descriptor.rawValue
            self.port = Socket.localAddress(number)?.port ?? 0
            self.descriptor = consume descriptor
            self.registration = try EventLoop.shared.watch(number, .readable) { [weak self] _ in self?.accept(number) }
        }

        private func accept(_ number: Int32) {
            guard let descriptor = try? Socket.accept(on: number) else { return }
            self.inside = try? RelaySocket(descriptor)
            self.stopListening()
            self.changed.wakeAll()
        }

        func accepted() async throws -> RelaySocket {
            while true {
                if let inside = self.inside { return inside }
                try await self.changed.wait()
            }
        }

        private func stopListening() {
            self.registration?.cancel()
            self.registration = nil
            self.descriptor = nil
        }

        func close() {
            self.stopListening()
            self.inside?.close()
        }
    }
}

/// A connected socket for tasks: one may read while another writes.
@Net
final class RelaySocket {
    private var descriptor: FileDescriptor?
    private var registration: Registration?
    private let changed = WaitList()

    init(_ descriptor: consuming FileDescriptor) throws {
        let number = descriptor.rawValue
        self.descriptor = consume descriptor
        self.registration = try EventLoop.shared.watch(
            number, [.readable, .writable, .peerClosed, .edgeTriggered]
        ) { [changed] _ in changed.wakeAll() }
    }

    /// The next bytes; nil at the end and after ``close()``.
    func read() async throws -> [UInt8]? {
        while let number = self.number {
            let (bytes, isOpen) = unsafe withUnsafeTemporaryAllocation(byteCount: 65_536, alignment: 16) { buffer in
                switch unsafe Socket.read(number, into: buffer) {
                case .moved(let count): (unsafe [UInt8](buffer.prefix(count)), count > 0)
                case .wouldBlock: ([UInt8](), true)
                case .failed: ([UInt8](), false)
                }
            }
            guard isOpen else { return nil }
            if !bytes.isEmpty { return bytes }
            try await self.changed.wait()
        }
        return nil
    }

    /// Writes all of `bytes`. Throws if the peer has gone.
    func write(_ bytes: [UInt8]) async throws {
        var sent = 0
        while sent < bytes.count {
            guard let number = self.number else { throw CancellationError() }
            switch Socket.write(number, bytes, from: sent) {
            case .moved(let count): sent += count
            case .wouldBlock: try await self.changed.wait()
            case .failed(let code): throw SystemError("write", code: code)
            }
        }
    }

    func close() {
        self.registration?.cancel()
        self.registration = nil
        self.descriptor = nil
        self.changed.wakeAll()
    }

    private var number: Int32? {
        if let registration = self.registration { registration.descriptor } else { nil }
    }
}
