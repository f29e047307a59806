internal import HTTP
internal import HTTPServer

/// The headers that tell browsers how to treat an answer.
struct SecurityHeaders: Sendable {
    /// Whether the public URL is HTTPS: browsers are then instructed to use nothing else (HSTS).
    let isSecure: Bool

    /// For the chat: only its own script, style, fonts and server.
    static let chatPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self'; "
        + "connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    /// For the service worker, which only fetches the page's files.
    static let workerPolicy = "default-src 'none'; script-src 'self'; connect-src 'self'; frame-ancestors 'none'"
    /// For the viewer's pages without code: no scripts at all.
    static let viewerPolicy =
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'none'; base-uri 'none'; "
        + "frame-ancestors 'none'"
    /// For the viewer's files and differences: only the script that colours code.
    static let codePolicy = Self.viewerPolicy + "; script-src 'self'"
    /// For everything else: not even rendered as a page.
    static let closedPolicy = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox"

    /// Adds headers that the handler has not set.
    func apply(to response: inout HTTPServerResponse) {
        // A WebSocket upgrade needs none of these headers.
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
