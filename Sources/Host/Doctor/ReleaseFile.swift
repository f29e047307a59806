internal import Crypto
internal import HTTP
internal import HTTPClient
internal import JSON
internal import Primitives

/// What is known of a release before it is installed: a signed file beside its packages, made by `scripts/release`.
package struct ReleaseFile: Sendable {
    package let version: String
    /// The number of the last step of its schema.
    package let schema: Int
    /// How many steps a release must know to use a database with that schema.
    package let minReader: Int
    /// What changes, for people.
    package let notes: String

    /// Fetches the file at `address`, and its signature at the same address with `.sig` added.
    ///
    /// - Parameter key: The public key of whoever makes the releases, as PEM.
    package static func fetch(_ address: String, key: String) async throws -> ReleaseFile {
        guard let key = PublicKey(pem: key) else {
            throw HostError("the key is not a public key in PEM, RSA of at least 2048 bits or ECDSA on P-256")
        }
        let bytes = try await self.load(address, limit: 1 << 20)
        guard key.accepts(try await self.load("\(address).sig", limit: 4_096), of: bytes) else {
            throw HostError("\(address) is not signed with this key: do not trust it")
        }
        guard let document = try? JSON.parse(bytes), let file = ReleaseFile(document) else {
            throw HostError("\(address) is not a release file")
        }
        return file
    }

    private init?(_ document: JSON) {
        guard let version = document["version"]?.stringValue, Self.numbers(version) != nil,
            let schema = document["schema"]?.intValue, let minReader = document["min_reader"]?.intValue
        else { return nil }
        (self.version, self.schema, self.minReader) = (version, Int(schema), Int(minReader))
        self.notes = document["notes"]?.stringValue ?? ""
    }

    /// Whether it is newer than `other`, which is a version too.
    package func isNewer(than other: String) -> Bool {
        (Self.numbers(other) ?? []).lexicographicallyPrecedes(Self.numbers(self.version) ?? [])
    }

    private static func numbers(_ version: String) -> [Int]? {
        let parts = version.split(separator: ".", omittingEmptySubsequences: false).map { Int($0) }
        return parts.count == 3 && !parts.contains(nil) ? parts.compactMap(\.self) : nil
    }

    private static func load(_ address: String, limit: Int) async throws -> [UInt8] {
        let url: HTTPURL
        do { url = try HTTPURL(address) } catch { throw HostError("'\(address)' is not an address: \(error)") }
        var settings = HTTPClientSettings()
        settings.allowsPlainHTTP = url.isLoopback
        settings.totalTimeout = .seconds(30)
        let response = try await HTTPClient(settings).execute(HTTPClientRequest(.get, url))
        guard response.status.code == 200 else {
            throw HostError("\(address) answers \(response.status.code)")
        }
        return try await response.body.collect(upTo: limit)
    }
}
