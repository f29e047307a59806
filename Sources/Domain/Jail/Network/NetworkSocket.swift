internal import EventLoop
internal import Glibc
internal import Primitives

/// One end of a proxied connection, for tasks on the loop.
@Net
final class NetworkSocket {
    /// The socket was closed on this side, by a time limit or the jail's end.
    struct Closed: Error {}

    private var descriptor: FileDescriptor?
    private let number: Int32
    private var registration: Registration?
    private let changed = WaitList()
    private static let pieceSize = 64 * 1024

    init(_ descriptor: consuming FileDescriptor) throws {
        let number = descriptor.rawValue
        self.number = number
        self.descriptor = consume descriptor
        // Edge-triggered: a task that waits has seen EAGAIN, so the next change wakes it.
        self.registration = try EventLoop.shared.watch(
            number, [.readable, .writable, .peerClosed, .edgeTriggered]
        ) { [weak self] _ in self?.changed.wakeAll() }
    }

    isolated deinit { self.close() }

    /// The next bytes, at most 64 KiB; nil at the end.
    func read() async throws -> [UInt8]? {
        while true {
            guard self.registration != nil else { throw Closed() }
            var transfer = Socket.Transfer.wouldBlock
            let bytes = [UInt8](unsafeUninitializedCapacity: Self.pieceSize) { buffer, count in
                transfer = Socket.read(self.number, into: UnsafeMutableRawBufferPointer(buffer))
                if case .moved(let moved) = transfer { count = moved }
            }
            switch transfer {
            case .moved(0): return nil
            case .moved: return bytes
            case .wouldBlock: try await self.changed.wait()
            case .failed(let code): throw SystemError("read", code: code)
            }
        }
    }

    func write(_ bytes: [UInt8]) async throws {
        var sent = 0
        while sent < bytes.count {
            guard self.registration != nil else { throw Closed() }
            switch Socket.write(self.number, bytes, from: sent) {
            case .moved(let count): sent += count
            case .wouldBlock: try await self.changed.wait()
            case .failed(let code): throw SystemError("write", code: code)
            }
        }
    }

    func shutdownWrite() {
        guard self.registration != nil else { return }
        Socket.shutdownWrite(self.number)
    }

    func close() {
        guard let registration = self.registration else { return }
        registration.cancel()
        self.registration = nil
        self.descriptor = nil
        self.changed.wakeAll()
    }

    /// Closes with a reset, so that the peer doesn't take an interrupted transfer for a complete one.
    func abort() {
        guard self.registration != nil else { return }
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(self.number, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<linger>.size))
        self.close()
    }
}
