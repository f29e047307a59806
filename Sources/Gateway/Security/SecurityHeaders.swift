internal import HTTP
internal import HTTPServer

/// What every answer says to browsers.
struct SecurityHeaders: Sendable {
    /// The public side is HTTPS, so browsers are told to stay there.
    let isSecure: Bool

    /// The chat: its own script and style, its own server, nothing else.
    static let chatPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        + "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    /// The viewer: no script at all.
    static let viewerPolicy =
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'none'; base-uri 'none'; "
        + "frame-ancestors 'none'"
    /// Everything else: not even shown as a page.
    static let closedPolicy = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox"

    /// Adds what the handler has not set itself.
    func apply(to response: inout HTTPServerResponse) {
        // The hand-over of a WebSocket has no headers of ours.
        if case .upgrade = response.body { return }
        self.add("Content-Security-Policy", Self.closedPolicy, to: &response)
        self.add("X-Content-Type-Options", "nosniff", to: &response)
        self.add("X-Frame-Options", "DENY", to: &response)
        self.add("Referrer-Policy", "same-origin", to: &response)
        self.add("Cross-Origin-Opener-Policy", "same-origin", to: &response)
        self.add("Cross-Origin-Resource-Policy", "same-origin", to: &response)
        self.add("Permissions-Policy", "camera=(), microphone=(), geolocation=()", to: &response)
        self.add("Cache-Control", "no-store", to: &response)
        if self.isSecure { self.add("Strict-Transport-Security", "max-age=31536000", to: &response) }
    }

    private func add(_ name: String, _ value: String, to response: inout HTTPServerResponse) {
        if !response.headers.contains(name) { response.headers[name] = value }
    }
}
