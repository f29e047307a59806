internal import HTTP

/// Selects the fields that are forwarded, in both directions. Pure.
enum ForwardedHeaders {
    /// Fields that identify the client, carry its credentials, or are rewritten for the upstream.
    private static let personal: HeaderNames = [
        .host, .authorization, .proxyAuthorization, .xAPIKey, .apiKey, .xGoogAPIKey, .ocpAPIMSubscriptionKey, .expect,
        .forwarded, .xRealIP, .xClientIP, .trueClientIP, .cfConnectingIP, .xRequestID,
    ]
    /// Those of handshakes that the proxy does not forward; OpenAI's browser clients put their key into
    /// `Sec-WebSocket-Protocol`.
    private static let personalPrefixes = ["x-forwarded-", "sec-websocket-"]

    /// The client's fields to send upstream.
    ///
    /// - Parameters:
    ///   - isModelRequest: Whether the answer may report usage. If so, `Accept-Encoding` is dropped, so that the usage can
    ///     be read and no compressor delays the answer's events.
    static func request(_ headers: HTTPHeaders, isModelRequest: Bool) -> HTTPHeaders {
        let hopByHop = HopByHop(headers)
        var kept = headers.filtered { index in
            let name = headers.known(at: index)
            return !hopByHop.contains(headers, index) && !Self.personal.contains(name)
                && !(name == .other && Self.personalPrefixes.contains { headers.hasNamePrefix(at: index, $0) })
                && !(isModelRequest && name == .acceptEncoding)
        }
        if headers.contains(.cookie) { Self.removeOwnCookie(from: &kept) }
        return kept
    }

    /// The upstream's fields to send to the client.
    static func response(_ headers: HTTPHeaders, isMounted: Bool) -> HTTPHeaders {
        let hopByHop = HopByHop(headers)
        return headers.filtered { index in
            let name = headers.known(at: index)
            return !hopByHop.contains(headers, index)
                // On the gateway's origin, an upstream's cookie would become one of the gateway's.
                && !(isMounted && name == .setCookie)
                && name != .xRequestID
        }
    }

    /// The gateway's cookies, of a session and of a sign-in under way, and their names under HTTPS.
    private static let ownCookies: Set<String> = [
        "jetbridge_session", "__Host-jetbridge_session", "jetbridge_signin", "__Host-jetbridge_signin",
    ]

    /// Cookies are not bound to a port: a browser sends its cookies for the gateway to the proxy too.
    private static func removeOwnCookie(from headers: inout HTTPHeaders) {
        let cookies = headers.values(of: "cookie").flatMap { $0.split(separator: ";") }
            .map { String($0.utf8.trimmingBlanks()) }
        let others = cookies.filter { cookie in
            !Self.ownCookies.contains(String(cookie.prefix { $0 != "=" }.utf8.trimmingBlanks()))
        }
        guard others.count != cookies.count else { return }
        headers["cookie"] = others.isEmpty ? nil : others.joined(separator: "; ")
    }
}

/// The fields that concern a single connection and are never forwarded (RFC 9110 §7.6.1).
struct HopByHop: Sendable {
    /// Additional fields named by `Connection`, in lower case.
    private let named: Set<String>

    init(_ headers: HTTPHeaders) {
        // Nearly always one `keep-alive` or `close`.
        let usual = ["keep-alive", "close"]
        guard headers.contains(.connection), !usual.contains(where: { headers.isOnly(.connection, $0) }) else {
            self.named = []
            return
        }
        self.named = Set(headers.list(of: "connection").map { $0.lowercased() }).subtracting(Self.kept)
    }

    private static let fixed: HeaderNames = [
        .connection, .proxyConnection, .keepAlive, .te, .trailer, .transferEncoding, .upgrade, .proxyAuthenticate,
        .proxyAuthenticationInfo,
    ]

    /// Fields that `Connection` cannot remove, because the message would change its meaning without them.
    private static let kept: Set<String> = ["host", "content-length", "content-type", "content-encoding", "close"]

    func contains(_ headers: HTTPHeaders, _ index: Int) -> Bool {
        Self.fixed.contains(headers.known(at: index))
            || !self.named.isEmpty && self.named.contains(headers[index].name.lowercased())
    }
}
