internal import EventLoop
internal import HTTP
internal import HTTPClient
internal import JSON
internal import Primitives

/// Requests to addresses that a remote server named: only https, only public ones, small and short. What has the
/// configured address's own origin is the owner's choice; and if that is this machine, others on it are too.
struct OAuthTransport: Sendable {
    struct Answer: Sendable {
        let status: Int
        /// Nil for a body that is not an object, or too large.
        let json: JSON?

        /// The answer of a success; some servers send errors with a status of 200.
        var success: JSON? { 200..<300 ~= self.status && self.error == nil ? self.json : nil }
        /// `error` of RFC 6749 §5.2.
        var error: String? { self.json?["error"]?.stringValue }
    }

    private static let bodyLimit = 64 << 10
    private static let time = Duration.seconds(10)

    private let server: HTTPURL
    private let free: HTTPClient
    private let guarded: HTTPClient

    init(to server: HTTPURL, userAgent: String) {
        var settings = HTTPClientSettings()
        settings.connectTimeout = .seconds(5)
        settings.totalTimeout = Self.time
        settings.maxIdleConnections = 0
        settings.userAgent = userAgent
        let policy = AddressPolicy()
        self.server = server
        self.free = HTTPClient(settings)
        self.guarded = HTTPClient(settings) { address, port in
            guard let own = IPAddress.ofThisMachine() else { return "this machine's addresses cannot be read" }
            return policy.refusal(of: address, port: port, own: own)
        }
    }

    /// Why nothing is sent there; nil if it may be, as far as the text of the address tells.
    func refusal(of url: HTTPURL) -> String? {
        if url.scheme == "https" || url.scheme == "http" && url.isLoopback && self.server.isLoopback { return nil }
        return "\(VisibleText.strictLine(url.origin)) does not begin with https://"
    }

    func get(_ url: HTTPURL) async throws -> Answer {
        try await self.send(HTTPClientRequest(.get, url, headers: ["Accept": "application/json"]))
    }

    func post(_ json: JSON, to url: HTTPURL) async throws -> Answer {
        let headers: HTTPHeaders = ["Accept": "application/json", "Content-Type": "application/json"]
        return try await self.send(HTTPClientRequest(.post, url, headers: headers, body: .bytes(json.bytes)))
    }

    /// - Parameter authorization: The header's value.
    func post(_ form: HTTPQuery, to url: HTTPURL, authorization: String?) async throws -> Answer {
        var headers: HTTPHeaders = [
            "Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded",
        ]
        if let authorization { headers["Authorization"] = authorization }
        return try await self.send(
            HTTPClientRequest(.post, url, headers: headers, body: .bytes(Array(form.encoded.utf8))))
    }

    /// Redirects are not followed. Throws ``ExtensionFailure``, and `CancellationError`.
    private func send(_ request: HTTPClientRequest) async throws -> Answer {
        if let reason = self.refusal(of: request.url) { throw ExtensionFailure.authorization(reason) }
        let isOwn = request.url.origin == self.server.origin || request.url.isLoopback && self.server.isLoopback
        do {
            let response = try await (isOwn ? self.free : self.guarded).execute(request)
            let body = try await response.body.collect(upTo: Self.bodyLimit)
            let json = try? JSON.parse(body, depthLimit: 16)
            return Answer(status: response.status.code, json: json?.objectValue == nil ? nil : json)
        } catch let error as HTTPClientError {
            throw ExtensionFailure(.down, "Signing in is not possible now: \(error.message).")
        }
    }
}
