internal import Chat
internal import HTTP
internal import HTTPClient
internal import JSON
internal import Lifecycle

/// The state that a serving host reports at `/readyz`.
package struct ServingHost: Sendable {
    struct AdapterState: Sendable {
        let state: AdapterStatus.State
        /// In the form of `/readyz`.
        let since: String
        let detail: String?
    }

    private let address: String

    /// `address` is the content of `gateway.address` in the data directory.
    init(address: String) { self.address = address }

    /// Where the host listens that serves the data directory; nil if none does.
    package static func address(_ configuration: Configuration) throws -> String? {
        self.address(in: try DataDirectory(path: configuration.dataDirectory))
    }

    /// The page's address: of the host that serves, which may listen elsewhere than the configuration says; else the configured
    /// one.
    package static func pageURL(_ configuration: Configuration) throws -> String {
        guard configuration.gateway.publicURL == nil, let address = try self.address(configuration) else {
            return configuration.gateway.url
        }
        return "http://\(address)"
    }

    static func address(in directory: DataDirectory) -> String? {
        directory.servingHost == nil ? nil : directory.read("gateway.address")
    }

    /// By adapter id; nil if the host does not answer.
    func adapters() async -> [String: AdapterState]? { await self.readiness().flatMap(Self.states) }

    /// The state of the jail: `ok`, or one line that says what is wrong; nil if the host does not answer.
    func jail() async -> String? { await self.readiness()?["checks"]?["jail"]?.stringValue }

    /// Whether it is ready; else all that it reports.
    func finding() async -> Finding {
        guard let document = await self.readiness(), let status = document["status"]?.stringValue else {
            return Finding("host", .failed, "the host at \(self.address) does not answer")
        }
        guard status != "ok" else { return Finding("host", .ok, "the host at \(self.address) is ready") }
        let checks = document["checks"]?.text ?? ""
        return Finding("host", .failed, "the host at \(self.address) is not ready (\(status)): \(checks)")
    }

    private func readiness() async -> JSON? {
        var settings = HTTPClientSettings()
        settings.allowsPlainHTTP = true  // an address of this machine
        settings.totalTimeout = .seconds(10)
        do {
            let client = HTTPClient(settings)
            let url = try HTTPURL("http://\(Self.reachable(self.address))/readyz")
            let response = try await client.execute(HTTPClientRequest(.get, url))
            return try JSON.parse(try await response.body.collect(upTo: 1 << 20))
        } catch {
            return nil
        }
    }

    static func states(_ document: JSON) -> [String: AdapterState]? {
        guard let adapters = document["checks"]?["adapters"]?.objectValue else { return nil }
        var states: [String: AdapterState] = [:]
        for (id, value) in adapters {
            guard let state = value["state"]?.stringValue.flatMap(AdapterStatus.State.init) else { continue }
            states[id] = AdapterState(
                state: state, since: value["since"]?.stringValue ?? "unknown", detail: value["detail"]?.stringValue)
        }
        return states
    }

    /// A host that listens on every address is reached over loopback.
    package static func reachable(_ address: String) -> String {
        if address.hasPrefix("0.0.0.0:") { return "127.0.0.1:" + address.dropFirst("0.0.0.0:".count) }
        if address.hasPrefix("[::]:") { return "[::1]:" + address.dropFirst("[::]:".count) }
        return address
    }
}
