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
