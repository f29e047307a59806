package import EventLoop
internal import Glibc
internal import Primitives

/// `getaddrinfo` and `getifaddrs` on a thread of one jail's network: they block, and a jail that has slow names
/// resolved must not delay another jail.
package actor SystemResolver: NetworkResolver {
    private let thread: ThreadExecutor

    package nonisolated var unownedExecutor: UnownedSerialExecutor { self.thread.asUnownedSerialExecutor() }

    package init() {
        self.thread = ThreadExecutor(name: "jail-resolver")
    }

    deinit { self.thread.stop() }

    package func addresses(of name: NetworkName) throws -> [IPAddress] {
        // The request may have been abandoned while it waited for the thread.
        try Task.checkCancellation()
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_ADDRCONFIG
        var list: UnsafeMutablePointer<addrinfo>?
        // The final dot keeps the search domains of resolv.conf out: exactly the allowed name is resolved.
        let text = name.text.utf8.contains(0x2E) ? name.text + "." : name.text
        let status = getaddrinfo(text, nil, &hints, &list)
        guard status == 0 else { throw NetworkResolverError(String(cString: gai_strerror(status))) }
        defer { freeaddrinfo(list) }
        var found: [IPAddress] = []
        var next = list
        while let entry = next?.pointee {
            if let address = entry.ai_addr.flatMap({ IPAddress($0) }), !found.contains(address) {
                found.append(address)
            }
            next = entry.ai_next
        }
        guard !found.isEmpty else { throw NetworkResolverError("No address associated with hostname") }
        return found
    }

    package func ownAddresses() throws -> Set<IPAddress> {
        guard let found = IPAddress.ofThisMachine() else {
            throw NetworkResolverError("the machine's addresses can't be read")
        }
        return found
    }
}

/// Resolves names for jails, and knows this machine's addresses.
package protocol NetworkResolver: Sendable {
    /// All addresses of a name, at least one. Throws ``NetworkResolverError``.
    func addresses(of name: NetworkName) async throws -> [IPAddress]

    /// The addresses of this machine's interfaces, as of now. Throws ``NetworkResolverError``.
    func ownAddresses() async throws -> Set<IPAddress>
}

/// Why a name has no address: the system's reason, such as "Name or service not known".
package struct NetworkResolverError: Error, Sendable, Equatable {
    package let reason: String

    package init(_ reason: String) { self.reason = reason }
}
