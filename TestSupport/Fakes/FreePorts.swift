internal import EventLoop
internal import Glibc
internal import Primitives

/// Loopback ports reserved until this process ends.
///
/// A server in another process needs its port before it listens, and a port that was free a moment ago is often taken
/// by then: the kernel hands it to the next outgoing connection, or another test takes it. These ports lie below the
/// kernel's ephemeral range, and each has a file lock, so that several test runs can share the machine.
package enum FreePorts {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    private struct State {
        /// Stays open until the process ends.
        var lockFile: Int32?
        var next = Int.random(in: FreePorts.range)
    }

    /// Below Linux's default `ip_local_port_range` of 32768 to 60999.
    private static let range = 20_000..<32_000
    private static let state = Protected(State())

    /// Reserves `count` ports. Throws ``Failure`` when none are left.
    package static func take(_ count: Int) throws -> [Int] {
        try self.state.withLock { state in
            let file = try state.lockFile ?? self.open(&state)
            var ports: [Int] = []
            for _ in self.range where ports.count < count {
                let port = state.next
                state.next = port + 1 < self.range.upperBound ? port + 1 : self.range.lowerBound
                if self.lock(port, in: file), self.isFree(port) { ports.append(port) }
            }
            guard ports.count == count else { throw Failure(description: "all ports are taken") }
            return ports
        }
    }

    package static func take() throws -> Int { try self.take(1)[0] }

    private static func open(_ state: inout State) throws -> Int32 {
        let path = "/tmp/jetbridge-test-ports-\(getuid())"
        let number = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard number >= 0 else { throw Failure(description: "\(path): error \(errno)") }
        state.lockFile = number
        return number
    }

    /// Each port is one byte of the file. The lock ends with the process.
    private static func lock(_ port: Int, in file: Int32) -> Bool {
        var lock = flock()
        lock.l_type = Int16(F_WRLCK)
        lock.l_whence = Int16(SEEK_SET)
        lock.l_start = port
        lock.l_len = 1
        return fcntl(file, F_SETLK, &lock) == 0
    }

    /// Whether no program outside this scheme listens on the port.
    private static func isFree(_ port: Int) -> Bool {
        guard let address = SocketAddress(host: "127.0.0.1", port: UInt16(port)) else { return false }
        return (try? Socket.listen(on: address)) != nil
    }
}
