internal import EventLoop
internal import Glibc
internal import Primitives

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
