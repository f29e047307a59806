internal import EventLoop
internal import Glibc
internal import HTTPClient
internal import Primitives

/// Passes the bytes of one SSH connection on between libgit2 and a server.
///
/// libgit2 connects by name and reads without any time limit. Through the relay, connecting and silence have one, and
/// cancelling a transfer ends it at once. The key of the server is checked end to end, so the relay need not be trusted.
final class GitSSHRelay: Sendable {
    /// On 127.0.0.1, for one connection.
    let port: UInt16
    private let outside: StreamConnection
    private let listener: Listener
    private let work = Protected<Task<Void, Never>?>(nil)
    private let failed = Protected<GitError?>(nil)

    /// A server is silent while it works on a big push, and while this side works on a big fetch.
    private static let silence = Duration.seconds(300)

    /// Connects to the server, within 15 seconds.
    static func open(host: String, port: Int) async throws -> GitSSHRelay {
        let outside: StreamConnection
        do {
            outside = try await StreamConnection.connect(host: host, port: port)
        } catch let error as HTTPClientError {
            throw GitError(
                .unreachable,
                "the Git server can't be reached (\(error.message)): check the address and that the server runs")
        }
        let listener = try await Listener()
        let relay = GitSSHRelay(outside, listener)
        // Unstructured: it ends with `close`, which the transfer calls in any case.
        let task = Task { await relay.run() }
        relay.work.withLock { $0 = task }
        return relay
    }

    private init(_ outside: StreamConnection, _ listener: Listener) {
        self.outside = outside
        self.listener = listener
        self.port = listener.port
    }

    /// Why the relay has ended the connection, if it has.
    var failure: GitError? { self.failed.withLock { $0 } }

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
                    guard !bytes.isEmpty, (try? await inside.write(bytes)) != nil else { break }
                }
            }
            await group.next()
            group.cancelAll()
            outside.close()
            await inside.close()
        }
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
