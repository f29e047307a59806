internal import Glibc
package import Primitives

extension Zone {
    private static let known = Protected<[String: Zone]>([:])

    /// A zone that schedules have, read once; nil if the system does not know the name.
    static func read(_ name: String) -> Zone? {
        if let zone = Self.known.withLock({ $0[name] }) { return zone }
        guard let zone = Zone(name) else { return nil }
        Self.known.withLock { $0[name] = zone }
        return zone
    }

    /// The zone of this machine: that of the variable `TZ`, else of `/etc/localtime`, else UTC.
    package static let ofHost: Zone = {
        if let name = getenv("TZ").flatMap({ String(validatingCString: $0) }), let zone = Zone(name) { return zone }
        guard let path = realpath("/etc/localtime", nil) else { return .utc }
        defer { free(path) }
        let file = String(cString: path)
        guard let range = file.ranges(of: "/zoneinfo/").last else { return .utc }
        return Zone(String(file[range.upperBound...])) ?? .utc
    }()
}
