internal import EventLoop
internal import Glibc
internal import Primitives

/// Ports on loopback that are nobody else's until this process ends.
///
/// A server that is a program of its own has to be told its port before it listens. One that was free a moment ago is
/// often gone by then: the kernel gives it to the next connection out, or to the next test. These lie below the range
/// that the kernel takes from by itself, and each has a lock, so that several runs of tests share the machine.
public enum FreePorts {
    private struct State {
        /// Open until the process ends.
        var lockFile: Int32?
        var next = Int.random(in: FreePorts.range)
    }

    /// Below Linux's usual `ip_local_port_range` of 32768 to 60999.
    private static let range = 20_000..<32_000
    private static let state = Protected(State())

    /// Takes `count` ports. Throws ``TestPortFailure`` when there are none.
    public static func take(_ count: Int) throws -> [Int] {
        try self.state.withLock { state in
            let file = try state.lockFile ?? self.open(&state)
            var ports: [Int] = []
            for _ in self.range where ports.count < count {
                let port = state.next
                state.next = port + 1 < self.range.upperBound ? port + 1 : self.range.lowerBound
                if self.lock(port, in: file), self.isFree(port) { ports.append(port) }
            }
            guard ports.count == count else { throw TestPortFailure("all ports are taken") }
            return ports
        }
    }

    /// Takes one.
    public static func take() throws -> Int { try self.take(1)[0] }

    private static func open(_ state: inout State) throws -> Int32 {
        let path = "/tmp/jetbridge-test-ports-\(getuid())"
        let number = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard number >= 0 else { throw TestPortFailure("\(path): error \(errno)") }
        state.lockFile = number
        return number
    }

    /// Each port is a byte of the file. The lock ends with the process.
    private static func lock(_ port: Int, in file: Int32) -> Bool {
        var lock = flock()
        lock.l_type = Int16(F_WRLCK)
        lock.l_whence = Int16(SEEK_SET)
        lock.l_start = port
        lock.l_len = 1
        return fcntl(file, F_SETLK, &lock) == 0
    }

    /// Whether no program that knows nothing of these locks listens there.
    private static func isFree(_ port: Int) -> Bool {
        guard let address = SocketAddress(host: "127.0.0.1", port: UInt16(port)) else { return false }
        return (try? Socket.listen(on: address)) != nil
    }
}
