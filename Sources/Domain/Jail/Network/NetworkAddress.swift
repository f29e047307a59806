package import EventLoop

/// A host and port that something in a jail asks for.
package struct NetworkAddress: Sendable, Hashable, CustomStringConvertible {
    package let name: NetworkName
    /// 1 to 65535.
    package let port: UInt16

    /// As in a rule that allows exactly this address.
    package var description: String { "\(self.name):\(self.port)" }

    static func port(_ text: some StringProtocol) -> UInt16? {
        guard (1...5).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let port = UInt16(text), port > 0
        else { return nil }
        return port
    }
}

extension NetworkAddress {
    package init?(_ name: some StringProtocol, _ port: some StringProtocol) {
        guard let name = NetworkName(name), let port = Self.port(port) else { return nil }
        self.init(name: name, port: port)
    }
}

/// A host name, or an IPv4 address as four plain decimals, in the only syntax that every resolver reads alike.
///
/// Everything else is refused before it is resolved: `0x7f.1`, `2130706433`, `0177.0.0.1` and `127.1` are 127.0.0.1 to
/// `getaddrinfo`, a NUL ends a C string, and other digits than ASCII's become ASCII in an IDNA step.
package struct NetworkName: Sendable, Hashable, CustomStringConvertible {
    /// In lowercase.
    package let text: String

    package init?(_ text: some StringProtocol) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            switch byte {
            case 0x61...0x7A, 0x30...0x39, 0x2E, 0x2D: bytes.append(byte)
            case 0x41...0x5A: bytes.append(byte | 0x20)
            default: return nil
            }
        }
        // The limits of DNS (RFC 1035 §2.3.4).
        guard (1...253).contains(bytes.count) else { return nil }
        let labels = bytes.split(separator: 0x2E, omittingEmptySubsequences: false)
        guard labels.allSatisfy(Self.isLabel), let last = labels.last else { return nil }
        self.text = String(decoding: bytes, as: UTF8.self)
        if Self.isNumber(last), self.address == nil { return nil }
    }

    /// The address, if it is one.
    package var address: IPAddress? { IPAddress.plainDecimals(self.text).map { IPAddress(v4: $0) } }

    package var description: String { self.text }

    private static func isLabel(_ label: ArraySlice<UInt8>) -> Bool {
        (1...63).contains(label.count) && label.first != 0x2D && label.last != 0x2D
    }

    /// Whether `inet_aton` and the URL standard take a name that ends with it for an address.
    private static func isNumber(_ label: ArraySlice<UInt8>) -> Bool {
        label.allSatisfy { (0x30...0x39).contains($0) } || label.starts(with: [0x30, 0x78])
    }
}

/// An entry of `jail.network.allow`: `NAME:PORT`, or `*.NAME:PORT` for the subdomains of `NAME` but not `NAME` itself.
package struct NetworkRule: Sendable, Hashable, CustomStringConvertible {
    package let name: NetworkName
    package let port: UInt16
    package let isForSubdomains: Bool

    /// Throws ``JailFailure`` with a line for the reader of the configuration.
    package init(_ text: String) throws(JailFailure) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        let isForSubdomains = text.hasPrefix("*.")
        guard parts.count == 2, let name = NetworkName(isForSubdomains ? parts[0].dropFirst(2) : parts[0]),
            let port = NetworkAddress.port(parts[1])
        else {
            throw JailFailure("'\(text)' is not a network rule; write NAME:PORT, or *.NAME:PORT for subdomains")
        }
        guard !isForSubdomains || name.address == nil else {
            throw JailFailure("'\(text)' is not a network rule: an address has no subdomains; write \(name):\(port)")
        }
        self.name = name
        self.port = port
        self.isForSubdomains = isForSubdomains
    }

    package func allows(_ address: NetworkAddress) -> Bool {
        guard address.port == self.port else { return false }
        guard self.isForSubdomains else { return address.name == self.name }
        // With the dot, so that evilexample.com isn't below example.com.
        return address.name.text.utf8.count > self.name.text.utf8.count + 1
            && address.name.text.hasSuffix(".\(self.name)")
    }

    package var description: String { "\(self.isForSubdomains ? "*." : "")\(self.name):\(self.port)" }
}
