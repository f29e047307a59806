internal import CSystem
package import EventLoop
internal import Glibc
package import Primitives

/// The host's end of a pipe or socket to a process in the jail. Reading and waiting are separate, so that all that was
/// written before a certain moment can be read without waiting for more.
@Net
package final class SandboxPipe {
    package enum Piece: Sendable, Equatable {
        case bytes([UInt8])
        /// Nothing to read now.
        case nothing
        /// Everybody has closed the other end.
        case end
    }

    /// There may be more to read, or room to write. Called once per change, however long the reader takes.
    package var onChange: (@Net () -> Void)?
    /// Whether something has arrived since the last ``read(upTo:)`` that took all there was.
    package private(set) var isReadable = false

    private static let smallest = 4 << 10
    private static let largest = 512 << 10

    private var descriptor: Int32?
    private var registration: Registration?
    private var size = SandboxPipe.smallest

    /// Takes the host's end.
    package init(_ descriptor: consuming FileDescriptor) throws(SystemError) {
        let number = descriptor.release()
        self.descriptor = number
        _ = csystem_make_nonblocking(number)
        self.registration = try EventLoop.shared.watch(number, [.readable, .edgeTriggered]) { [weak self] _ in
            self?.isReadable = true
            self?.onChange?()
        }
    }

    /// A pipe for a process's output, and the end for the process, which the caller owns. It belongs to `owner`, so
    /// that a process of that user can open it again as `/dev/stdout`; nil for the host's user.
    ///
    /// - Parameter isLarge: Whether it holds 512 KiB instead of 64, so that a flood needs fewer turns of the loop. An
    ///   ordinary user may have about a hundred of these (pipe-user-pages-soft in pipe(7)).
    package static func output(
        owner: (user: UInt32, group: UInt32)?, isLarge: Bool
    ) throws(SystemError) -> (pipe: SandboxPipe, remote: Int32) {
        var ends: [Int32] = [-1, -1]
        guard unsafe csystem_pipe(&ends) == 0 else { throw .last("pipe") }
        // Refused when the user's pipes are over the system's limit; the pipe is then as large as before.
        if isLarge { _ = csystem_set_pipe_size(ends[1], Int32(Self.largest)) }
        if let owner { _ = fchown(ends[1], owner.user, owner.group) }
        return try self.pair(ends[0], ends[1])
    }

    /// A connected socket, and the end for the process, which the caller owns.
    package static func socket() throws(SystemError) -> (pipe: SandboxPipe, remote: Int32) {
        var ends: [Int32] = [-1, -1]
        guard unsafe csystem_socketpair(&ends) == 0 else { throw .last("socketpair") }
        return try self.pair(ends[0], ends[1])
    }

    private static func pair(_ own: Int32, _ remote: Int32) throws(SystemError) -> (pipe: SandboxPipe, remote: Int32) {
        do throws(SystemError) {
            return (try SandboxPipe(FileDescriptor(owning: own)), remote)
        } catch {
            _ = Glibc.close(own)
            _ = Glibc.close(remote)
            throw error
        }
    }

    /// Bytes that can be read now.
    package var available: Int { self.descriptor.map { Int(csystem_available($0)) } ?? 0 }

    /// Reads what is there: at most `limit` bytes, and at most 512 KiB.
    package func read(upTo limit: Int = .max) -> Piece {
        guard let descriptor = self.descriptor else { return .end }
        var result = Piece.nothing
        let size = min(self.size, max(1, limit))
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            switch unsafe Socket.read(descriptor, into: UnsafeMutableRawBufferPointer(buffer)) {
            case .moved(let moved):
                count = moved
                result = moved == 0 ? .end : .bytes([])
            case .wouldBlock: result = .nothing
            case .failed: result = .end
            }
        }
        switch result {
        case .bytes:
            // Small arrays for small outputs, few calls for large ones.
            self.size = bytes.count == self.size ? min(self.size * 4, Self.largest) : max(Self.smallest, self.size / 2)
            // Less than there was room for is all; the next byte is a new event.
            if bytes.count < size { self.isReadable = false }
            return .bytes(bytes)
        case .nothing, .end:
            self.isReadable = false
            return result
        }
    }

    /// Writes to a socket as much as there is room for, and returns the number of bytes; nil when nobody reads any
    /// more. When it is less than all, ``onChange`` is called once there is room.
    package func write(_ bytes: [UInt8], from start: Int) -> Int? {
        var sent = 0
        while let descriptor = self.descriptor, start + sent < bytes.count {
            switch Socket.write(descriptor, bytes, from: start + sent) {
            case .moved(let count): sent += count
            case .wouldBlock:
                self.registration?.modify([.readable, .writable, .edgeTriggered])
                return sent
            case .failed: return nil
            }
        }
        self.registration?.modify([.readable, .edgeTriggered])
        return sent
    }

    /// Another descriptor for a process's end, which the caller owns.
    package static func duplicate(remote: Int32) throws(SystemError) -> Int32 {
        let copy = fcntl(remote, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else { throw .last("fcntl") }
        return copy
    }

    /// Closes the end for a process that could not be started.
    package static func close(remote: Int32) { _ = Glibc.close(remote) }

    package func close() {
        self.registration?.cancel()
        self.registration = nil
        self.onChange = nil
        if let descriptor = self.descriptor { _ = Glibc.close(descriptor) }
        self.descriptor = nil
    }
}
