/// A host and port that something in a jail asks for.
package struct NetworkAddress: Sendable, Hashable, CustomStringConvertible {
    package let name: NetworkName
    /// 1 to 65535.
    package let port: UInt16

    package init?(_ name: some StringProtocol, _ port: some StringProtocol) {
        guard let name = NetworkName(name), let port = Self.port(port) else { return nil }
        self.name = name
        self.port = port
    }

    package init(name: NetworkName, port: UInt16) {
        self.name = name
        self.port = port
    }

    /// As in a rule that allows exactly this address.
    package var description: String { "\(self.name):\(self.port)" }

    static func port(_ text: some StringProtocol) -> UInt16? {
        guard (1...5).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let port = UInt16(text), port > 0
        else { return nil }
        return port
    }
}
