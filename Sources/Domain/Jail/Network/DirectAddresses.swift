internal import EventLoop
internal import Sandbox

/// The names that a jail's programs reach as if there were no proxy: each has an address of the jail's loopback in its
/// `/etc/hosts`, where the host listens on the ports that rules allow. For programs that ignore the variables of the
/// proxy: Python's aiohttp and urllib3, and Node.js before version 24.
package struct DirectAddresses: Sendable, Equatable {
    /// Which name and port is meant by an address inside.
    struct Place: Sendable, Equatable {
        let target: NetworkAddress
        let port: JailPort
    }

    /// Not special in any way, for programs that guard against requests to private addresses look names up. Nobody answers at
    /// these on the internet, and nobody in a jail could ask for them.
    private static let network = "11.255.255"
    package static let none = DirectAddresses([])
    /// More rules than these are served by the proxy alone.
    static let most = 64

    let places: [Place]

    /// - Parameter rules: Those that name one host exactly count; a subdomain has no name that could be written down.
    package init(_ rules: [NetworkRule]) {
        var numbers: [NetworkName: Int] = [:]
        var places: [Place] = []
        for rule in rules where !rule.isForSubdomains && rule.name.address == nil {
            let target = NetworkAddress(name: rule.name, port: rule.port)
            let isOwn = ["localhost", "jail"].contains(rule.name.text)
            guard !isOwn, places.count < Self.most, !places.contains(where: { $0.target == target }) else { continue }
            let number = numbers[rule.name] ?? numbers.count + 1
            numbers[rule.name] = number
            places.append(Place(target: target, port: JailPort(address: "\(Self.network).\(number)", port: rule.port)))
        }
        self.places = places
    }

    /// Lines of `/etc/hosts`.
    var hosts: String {
        var lines: [String] = []
        for place in self.places {
            let line = "\(place.port.address) \(place.target.name)\n"
            if !lines.contains(line) { lines.append(line) }
        }
        return lines.joined()
    }
}

/// A listening socket inside a jail, whose connections are meant for one name and port.
package final class DirectListener: Sendable {
    let target: NetworkAddress
    let descriptor: FileDescriptor

    init(_ descriptor: consuming FileDescriptor, for target: NetworkAddress) {
        self.descriptor = descriptor
        self.target = target
    }

    /// Listens inside a jail that has just started. Throws `SandboxError`.
    @Net static func open(
        _ addresses: DirectAddresses, in sandbox: SandboxProcess
    ) async throws(SandboxError) -> [DirectListener] {
        guard !addresses.places.isEmpty else { return [] }
        let sockets = try await sandbox.listen(on: addresses.places.map(\.port))
        return zip(sockets, addresses.places).map { DirectListener(FileDescriptor(owning: $0), for: $1.target) }
    }
}
