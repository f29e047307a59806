import EventLoop
import Glibc
import Primitives
import TestSupport
import Testing

@Suite("Inherited sockets", .timeLimit(.minutes(1)))
struct InheritedSocketsTests {
    private let pid = getpid()

    /// The variables for `names.count` sockets.
    private func variables(_ names: [String], pid: Int32? = nil) -> [String: String] {
        [
            "LISTEN_PID": "\(pid ?? self.pid)", "LISTEN_FDS": "\(names.count)",
            "LISTEN_FDNAMES": names.joined(separator: ":"),
        ]
    }

    private static func listener() throws -> Int32 {
        try Socket.listen(on: #require(SocketAddress(host: "127.0.0.1", port: 0))).release()
    }

    /// Two listening sockets with successive numbers.
    private static func listeners() throws -> (first: Int32, addresses: [SocketAddress]) {
        let made = try [Self.listener(), Self.listener()]
        // High enough that no other test takes the next number meanwhile.
        let first = fcntl(made[0], F_DUPFD_CLOEXEC, 700 + Int32.random(in: 0..<200) * 2)
        try #require(first >= 0 && dup2(made[1], first + 1) >= 0)
        for number in made { close(number) }
        return (first, try [first, first + 1].map { try #require(Socket.localAddress($0)) })
    }

    /// The number of the socket for `address`, which is closed.
    private static func taken(_ address: SocketAddress, from sockets: InheritedSockets) -> Int32? {
        guard let socket = sockets.take(address) else { return nil }
        return socket.rawValue
    }

    @Test("a socket is found by its address, once, and is close-on-exec")
    func one() throws {
        let number = try Self.listener()
        let address = try #require(Socket.localAddress(number))
        let sockets = InheritedSockets()
        try sockets.adopt(self.variables(["any"]), from: number)
        try expectEqual(sockets.address(for: "gateway"), address)
        #expect(fcntl(number, F_GETFD) == FD_CLOEXEC && fcntl(number, F_GETFL) & O_NONBLOCK != 0)
        let other = try #require(SocketAddress(host: "127.0.0.2", port: address.port))
        expectEqual(Self.taken(other, from: sockets), nil)
        expectEqual(Self.taken(address, from: sockets), number)
        expectEqual(Self.taken(address, from: sockets), nil)
        try expectEqual(sockets.address(for: "gateway"), nil)
    }

    @Test("of several sockets the named one counts")
    func several() throws {
        let (first, addresses) = try Self.listeners()
        let sockets = InheritedSockets()
        try sockets.adopt(self.variables(["metrics", "gateway"]), from: first)
        try expectEqual(sockets.address(for: "gateway"), addresses[1])
        let error = #expect(throws: HostError.self) { try sockets.address(for: "proxy") }
        #expect("\(try #require(error))".contains("passed 2 sockets, of which 0 are named 'proxy'"))
        for address in addresses { _ = Self.taken(address, from: sockets) }
    }

    @Test("sockets for another process, and none, are no error")
    func foreign() throws {
        for variables in [
            self.variables(["gateway"], pid: self.pid + 1), [:], ["LISTEN_FDS": "1"],
            ["LISTEN_PID": "\(self.pid)", "LISTEN_FDS": "0"],
        ] {
            let sockets = InheritedSockets()
            try sockets.adopt(variables, from: 9_999)
            try expectEqual(sockets.address(for: "gateway"), nil)
        }
    }

    @Test("connections of the last program are found by their names, once, beside the gateway's only socket")
    func connections() throws {
        let (first, addresses) = try Self.listeners()
        let ends = try #require(Self.pair())
        dup2(ends.own, first + 1)
        close(ends.own)
        let sockets = InheritedSockets()
        try sockets.adopt(self.variables(["any", "connection-irc-net"]), from: first)
        try expectEqual(sockets.address(for: "gateway"), addresses[0])
        #expect(fcntl(first + 1, F_GETFD) == FD_CLOEXEC)
        expectEqual(sockets.connections.all.map(\.number), [first + 1])
        let taken = ["irc-other", "irc-net", "irc-net"].map { sockets.connections.take($0)?.release() }
        expectEqual(taken, [nil, first + 1, nil])
        sockets.connections.leave(FileDescriptor(owning: first + 1), as: "irc-net")
        expectEqual(sockets.connections.all.map(\.name), ["connection-irc-net"])
        sockets.connections.closeAll(saying: Array("bye".utf8))
        var text = [UInt8](repeating: 0, count: 8)
        expectEqual(read(ends.other, &text, 8), 3)
        expectEqual(read(ends.other, &text, 8), 0)
        close(ends.other)
        _ = Self.taken(addresses[0], from: sockets)
    }

    private static func pair() -> (own: Int32, other: Int32)? {
        var ends: [Int32] = [0, 0]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0 else { return nil }
        return (ends[0], ends[1])
    }

    @Test("anything but a listening TCP socket is refused")
    func refusals() throws {
        let datagram = FileDescriptor(owning: socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0))
        let idle = FileDescriptor(owning: socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0))
        let local = FileDescriptor(owning: socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0))
        for number in [datagram.rawValue, idle.rawValue, local.rawValue, 9_999] {
            let error = #expect(throws: HostError.self) {
                try InheritedSockets().adopt(self.variables(["gateway"]), from: number)
            }
            #expect("\(try #require(error))".contains("'gateway' that is not a listening TCP socket"))
        }
    }
}
