internal import Glibc
package import Primitives

/// The listening sockets that the service manager passed to this process (sd_listen_fds(3)). They listen before the
/// process starts and while it restarts, so clients wait instead of being refused.
package final class InheritedSockets: Sendable {
    private struct Entry {
        let name: String
        let number: Int32
        let address: SocketAddress
    }

    /// A process gets them once, when it starts, so there is one set of them.
    package static let ofProcess = InheritedSockets()

    /// The manager passes the first one under this number.
    private static let first: Int32 = 3

    /// Those of the program before this one, if a restart began this one.
    package let connections = PassedConnections()
    private let entries = Protected<[Entry]>([])

    package init() {}

    /// Takes over the sockets that the variables LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES describe; none if they are
    /// for another process.
    package func adopt(
        _ environment: [String: String], pid: Int32 = getpid(), from first: Int32 = InheritedSockets.first
    ) throws(HostError) {
        guard environment["LISTEN_PID"] == "\(pid)", let count = environment["LISTEN_FDS"].flatMap({ Int32($0) }),
            (1...1_024).contains(count)
        else { return }
        let names = (environment["LISTEN_FDNAMES"] ?? "").split(separator: ":", omittingEmptySubsequences: false)
        for index in 0..<count {
            let name = names.indices.contains(Int(index)) ? String(names[Int(index)]) : "unknown"
            if name.hasPrefix(PassedConnections.prefix) {
                self.connections.adopt(first + index, as: name)
                continue
            }
            let entry = try Self.entry(named: name, first + index)
            self.entries.withLock { $0.append(entry) }
        }
    }

    private static func entry(named name: String, _ number: Int32) throws(HostError) -> Entry {
        guard let address = Socket.localAddress(number), Socket.isListening(number) else {
            throw HostError(
                "the service manager passed a socket named '\(name)' that is not a listening TCP socket. "
                    + "Write ListenStream=ADDRESS:PORT in the .socket unit.")
        }
        do throws(SystemError) {
            try Socket.adopt(listener: number)
        } catch {
            throw HostError("the socket '\(name)' of the service manager cannot be used: \(error).")
        }
        return Entry(name: name, number: number, address: address)
    }

    /// The address of the socket `name`, or of the only one, whatever its name; nil without any.
    package func address(for name: String) throws(HostError) -> SocketAddress? {
        let entries = self.entries.withLock { $0 }
        guard entries.count > 1 else { return entries.first?.address }
        let matching = entries.filter { $0.name == name }
        guard matching.count == 1, let entry = matching.first else {
            throw HostError(
                "the service manager passed \(entries.count) sockets, of which \(matching.count) are named '\(name)'. "
                    + "Pass one, or write FileDescriptorName=\(name) in one .socket unit.")
        }
        return entry.address
    }

    /// What the manager calls the socket that listens on `address`.
    package func name(of address: SocketAddress) -> String? {
        self.entries.withLock { entries in entries.first { $0.address == address }?.name }
    }

    func has(_ address: SocketAddress) -> Bool {
        self.entries.withLock { entries in entries.contains { $0.address == address } }
    }

    /// The socket that listens on `address`, once; the caller closes it.
    package func take(_ address: SocketAddress) -> FileDescriptor? {
        let taken = self.entries.withLock { entries in
            entries.firstIndex { $0.address == address }.map { entries.remove(at: $0) }
        }
        return taken.map { FileDescriptor(owning: $0.number) }
    }
}
