internal import HTTP
internal import HTTPClient
internal import JSON
package import Primitives

/// The two addresses of the device flow, and what their answers mean.
package struct DeviceEndpoints: Sendable {
    private static let limit = 64 * 1024

    private let settings: SignInSettings
    private let transport: any ModelTransport

    package init(settings: SignInSettings, transport: any ModelTransport) {
        self.settings = settings
        self.transport = transport
    }

    /// Asks for a code. Throws `CancellationError` only.
    package func requestCode(clientID: String) async throws -> DeviceFlow.Input {
        try await self.post("/login/device/code", ["client_id": clientID, "scope": "read:user"])
    }

    /// Asks whether the person has allowed it.
    package func poll(_ deviceCode: Secret, clientID: String) async throws -> DeviceFlow.Input {
        try await self.post(
            "/login/oauth/access_token",
            [
                "client_id": clientID, "device_code": deviceCode.reveal(),
                "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
            ])
    }

    /// Replaces a token that is about to end.
    package func renew(_ renewal: StoredLogin.Renewal) async throws -> DeviceFlow.Input {
        try await self.post(
            "/login/oauth/access_token",
            [
                "client_id": renewal.clientID, "refresh_token": renewal.refreshToken.reveal(),
                "grant_type": "refresh_token",
            ])
    }

    private func post(_ path: String, _ form: HTTPQuery) async throws -> DeviceFlow.Input {
        var url = self.settings.githubURL
        url.path = (url.path.hasSuffix("/") ? String(url.path.dropLast()) : url.path) + path
        let headers: HTTPHeaders = [
            "Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded",
            "User-Agent": self.settings.userAgent,
        ]
        do {
            let response = try await self.transport.send(
                TransportRequest(
                    .post, url, headers: headers, body: Array(form.encoded.utf8), idleTimeout: .seconds(15),
                    totalTimeout: .seconds(15)))
            return Self.input(status: response.status, body: try await response.start(upTo: Self.limit))
        } catch let error as HTTPClientError {
            return .failed(error.message)
        }
    }

    /// Errors come with status 200, and without `Accept` as a form; a proxy's page or a 5xx says nothing.
    package static func input(status: Int, body: [UInt8]) -> DeviceFlow.Input {
        if status >= 500 || status == 429 { return .failed("status \(status)") }
        let json = (try? JSON.parse(body)).flatMap { $0.objectValue == nil ? nil : $0 } ?? Self.form(body)
        if let error = json["error"]?.stringValue {
            // An unknown client id is told as a page that is not there.
            let name = status == 404 ? "not_found" : error
            return .refused(name, interval: json["interval"]?.doubleValue.map { .seconds($0) })
        }
        if status == 404 { return .refused("not_found", interval: nil) }
        guard (200..<300).contains(status) else { return .failed("status \(status)") }
        if let grant = DeviceGrant(json) { return .granted(grant) }
        if let code = DeviceCode(json) { return .code(code) }
        return .failed("an answer that is no sign-in")
    }

    private static func form(_ body: [UInt8]) -> JSON {
        let items = HTTPQuery(parsing: String(decoding: body.prefix(Self.limit), as: UTF8.self)).items
        return .object(
            JSONObject(
                members: items.map { item in
                    let isNumber = ["interval", "expires_in"].contains(item.name)
                    return (item.name, isNumber ? Int64(item.value).map { .integer($0) } ?? .null : .string(item.value))
                }))
    }
}
