internal import CSystem
internal import Glibc
package import Primitives

/// TCP system calls. All sockets are nonblocking and close-on-exec.
package enum Socket {
    /// The result of a read or write.
    package enum Transfer: Sendable, Hashable {
        /// The number of bytes; 0 from a read is the end.
        case moved(Int)
        /// Nothing was moved; wait for readiness.
        case wouldBlock
        /// The value of `errno`.
        case failed(Int32)
    }

    /// Whether several processes of one user listen on a port. The system then spreads connections over them
    /// (SO_REUSEPORT, socket(7)).
    package enum PortSharing: Sendable, Hashable {
        case none
        /// The first of these processes; fails if another program has the port, even as a shared one.
        case first
        case further
    }

    /// A listening socket; for port 0 the system picks a port, see ``localAddress(_:)``.
    package static func listen(
        on address: SocketAddress, backlog: Int32 = 1024, sharing: PortSharing = .none
    ) throws(SystemError) -> FileDescriptor {
        if sharing == .first {
            let own = try Self.freeAddress(address)
            return try self.listen(on: own, backlog: backlog, sharing: .further)
        }
        let socket = try self.open(address)
        self.set(socket.rawValue, SOL_SOCKET, SO_REUSEADDR)
        if sharing == .further, !self.set(socket.rawValue, SOL_SOCKET, SO_REUSEPORT) {
            throw .last("share the port of \(address)")
        }
        guard unsafe address.withPointer({ unsafe bind(socket.rawValue, $0, $1) }) == 0 else {
            throw .last("bind to \(address)")
        }
        guard Glibc.listen(socket.rawValue, backlog) == 0 else { throw .last("listen on \(address)") }
        // On Linux, accepted connections inherit it.
        self.setNoDelay(socket.rawValue)
        return socket
    }

    /// The address, with a free port if it has port 0. Throws if another program has it; a socket that this process
    /// inherited does not count.
    package static func freeAddress(_ address: SocketAddress) throws(SystemError) -> SocketAddress {
        if InheritedSockets.ofProcess.has(address) { return address }
        let alone = try self.listen(on: address)
        return self.localAddress(alone.rawValue) ?? address
    }

    /// Configures a listening socket from elsewhere like those of ``listen(on:backlog:)``.
    package static func adopt(listener: Int32) throws(SystemError) {
        let flags = fcntl(listener, F_GETFL)
        guard flags >= 0, fcntl(listener, F_SETFL, flags | O_NONBLOCK) == 0, fcntl(listener, F_SETFD, FD_CLOEXEC) == 0
        else { throw .last("fcntl") }
        self.setNoDelay(listener)
    }

    package static func isListening(_ socket: Int32) -> Bool {
        var value: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        return unsafe getsockopt(socket, SOL_SOCKET, SO_ACCEPTCONN, &value, &size) == 0 && value != 0
    }

    /// The next pending connection, with the listening socket's TCP_NODELAY; `nil` if no client waits.
    ///
    /// Skips connections that were reset while pending. Throws on EMFILE and ENFILE: stop accepting for a while.
    package static func accept(on listener: Int32) throws(SystemError) -> FileDescriptor? {
        while true {
            let accepted = csystem_accept(listener, nil, nil)
            if accepted >= 0 { return FileDescriptor(owning: accepted) }
            switch errno {
            case EAGAIN: return nil
            // Network errors belong to the pending connection (accept(2), "Error handling").
            case EINTR, ECONNABORTED, EPROTO, ENETDOWN, ENOPROTOOPT, EHOSTDOWN, ENONET, EHOSTUNREACH, EOPNOTSUPP,
                ENETUNREACH:
                continue
            default: throw .last("accept")
            }
        }
    }

    /// A connecting socket: once it is writable, ``pendingError(_:)`` returns the result.
    package static func startConnecting(to address: SocketAddress) throws(SystemError) -> FileDescriptor {
        let socket = try self.open(address)
        self.setNoDelay(socket.rawValue)
        guard unsafe address.withPointer({ unsafe connect(socket.rawValue, $0, $1) }) == 0 || errno == EINPROGRESS
        else {
            throw .last("connect to \(address)")
        }
        return socket
    }

    /// Connects and returns the socket.
    @Net package static func connected(to address: SocketAddress) async throws -> FileDescriptor {
        let socket = try self.startConnecting(to: address)
        let changed = WaitList()
        var isReady = false
        let registration = try EventLoop.shared.watch(socket.rawValue, .writable) { _ in
            isReady = true
            changed.wakeAll()
        }
        defer { registration.cancel() }
        while !isReady {
            try await changed.wait()
        }
        let error = self.pendingError(socket.rawValue)
        guard error == 0 else { throw SystemError("connect to \(address)", code: error) }
        return socket
    }

    /// Reads and clears the socket's error (SO_ERROR); 0 means no error.
    package static func pendingError(_ socket: Int32) -> Int32 {
        var error: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        guard unsafe getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size) == 0 else { return errno }
        return error
    }

    /// Whether the peer has neither closed the connection nor sent anything that is still unread.
    package static func isQuiet(_ socket: Int32) -> Bool {
        var byte: UInt8 = 0
        return unsafe recv(socket, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT)) < 0 && errno == EAGAIN
    }

    package static func localAddress(_ socket: Int32) -> SocketAddress? {
        unsafe SocketAddress { unsafe getsockname(socket, $0, $1) == 0 }
    }

    package static func remoteAddress(_ socket: Int32) -> SocketAddress? {
        unsafe SocketAddress { unsafe getpeername(socket, $0, $1) == 0 }
    }

    package static func setNoDelay(_ socket: Int32) { self.set(socket, Int32(IPPROTO_TCP), TCP_NODELAY) }

    /// Probes an idle peer every minute (tcp(7), TCP_KEEPIDLE).
    package static func keepAlive(_ socket: Int32) {
        self.set(socket, SOL_SOCKET, SO_KEEPALIVE)
        self.set(socket, Int32(IPPROTO_TCP), TCP_KEEPIDLE, to: 60)
        self.set(socket, Int32(IPPROTO_TCP), TCP_KEEPINTVL, to: 60)
    }

    /// Reads the available bytes, at most `buffer.count`. Also works for pipes.
    package static func read(_ descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer) -> Transfer {
        self.transfer { unsafe Glibc.read(descriptor, buffer.baseAddress, buffer.count) }
    }

    /// Writes as much as there is room for; a closed peer gives `.failed(EPIPE)`, never a signal.
    package static func write(_ socket: Int32, _ bytes: UnsafeRawBufferPointer) -> Transfer {
        self.transfer { unsafe send(socket, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL)) }
    }

    private static func transfer(_ call: () -> Int) -> Transfer {
        while true {
            let count = call()
            if count >= 0 { return .moved(count) }
            switch errno {
            case EINTR: continue
            case EAGAIN: return .wouldBlock
            default: return .failed(errno)
            }
        }
    }

    /// Writes `bytes` starting at `start`; see ``write(_:_:)``.
    package static func write(_ socket: Int32, _ bytes: [UInt8], from start: Int = 0) -> Transfer {
        unsafe bytes.withUnsafeBytes {
            unsafe self.write(socket, UnsafeRawBufferPointer(rebasing: $0[start...]))
        }
    }

    /// Acknowledges read data now instead of up to 40 ms later. A peer without TCP_NODELAY (ngIRCd) holds its next
    /// small write back until then. Call it after each read: the setting isn't permanent (tcp(7), TCP_QUICKACK).
    package static func acknowledge(_ socket: Int32) {
        self.set(socket, Int32(IPPROTO_TCP), TCP_QUICKACK)
    }

    /// Sends the end of data; reading remains possible.
    package static func shutdownWrite(_ socket: Int32) {
        _ = shutdown(socket, Int32(SHUT_WR))
    }

    @discardableResult
    private static func set(_ socket: Int32, _ level: Int32, _ option: Int32, to value: Int32 = 1) -> Bool {
        var value = value
        return unsafe setsockopt(socket, level, option, &value, socklen_t(MemoryLayout<Int32>.size)) == 0
    }

    private static func open(_ address: SocketAddress) throws(SystemError) -> FileDescriptor {
        let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let socket = Glibc.socket(address.family, type, 0)
        guard socket >= 0 else { throw .last("socket") }
        return FileDescriptor(owning: socket)
    }
}

/// The read buffer shared by all connections of the loop; its bytes are consumed before the next read.
@safe
package final class ScratchBuffer {
    package let buffer: UnsafeMutableRawBufferPointer

    package init(count: Int) {
        unsafe self.buffer = .allocate(byteCount: count, alignment: 64)
    }

    deinit {
        unsafe self.buffer.deallocate()
    }
}
