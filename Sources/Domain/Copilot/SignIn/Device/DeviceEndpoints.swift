internal import HTTP
internal import HTTPClient
internal import JSON
package import Models
package import Primitives

/// The two endpoints of the device flow, and the meanings of their responses.
package struct DeviceEndpoints: Sendable {
    private static let limit = 64 * 1024

    private let settings: SignInSettings
    private let transport: any ModelTransport
    private let scope: String

    /// - Parameter scope: what an OAuth app may do, words separated by spaces. GitHub Apps have their own permissions.
    package init(settings: SignInSettings, transport: any ModelTransport, scope: String = "read:user") {
        self.settings = settings
        self.transport = transport
        self.scope = scope
    }

    /// Requests a code. Throws `CancellationError` only.
    package func requestCode(clientID: String) async throws -> DeviceFlow.Input {
        try await self.post("login/device/code", ["client_id": clientID, "scope": self.scope])
    }

    /// Asks whether the person has authorised the sign-in.
    package func poll(_ deviceCode: Secret, clientID: String) async throws -> DeviceFlow.Input {
        try await self.post(
            "login/oauth/access_token",
            [
                "client_id": clientID, "device_code": deviceCode.reveal(),
                "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
            ])
    }

    /// Replaces a token that is about to expire.
    package func renew(_ renewal: StoredLogin.Renewal) async throws -> DeviceFlow.Input {
        var form: HTTPQuery = [
            "client_id": renewal.clientID, "refresh_token": renewal.refreshToken.reveal(),
            "grant_type": "refresh_token",
        ]
        if let secret = self.settings.clientSecrets[renewal.clientID] {
            form.append("client_secret", secret.reveal())
        }
        return try await self.post("login/oauth/access_token", form)
    }

    private func post(_ path: String, _ form: HTTPQuery) async throws -> DeviceFlow.Input {
        let url = self.settings.githubURL.adding(path: path)
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

    /// Errors have status 200, and may be form-encoded; a proxy's page or a 5xx means nothing.
    package static func input(status: Int, body: [UInt8]) -> DeviceFlow.Input {
        if status >= 500 || status == 429 { return .failed("status \(status)") }
        let json = (try? JSON.parse(body)).flatMap { $0.objectValue == nil ? nil : $0 } ?? Self.form(body)
        if let error = json["error"]?.stringValue {
            // GitHub answers an unknown client id with 404.
            let name = status == 404 ? "not_found" : error
            return .refused(name, interval: json["interval"]?.doubleValue.map { .seconds(min(max($0, 1), 300)) })
        }
        if status == 404 { return .refused("not_found", interval: nil) }
        guard (200..<300).contains(status) else { return .failed("status \(status)") }
        if let grant = DeviceGrant(json) { return .granted(grant) }
        if let code = DeviceCode(json) { return .code(code) }
        return .failed("an unexpected response")
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
