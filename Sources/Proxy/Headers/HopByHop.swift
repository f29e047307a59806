internal import HTTP

/// The fields that concern a single connection and are never forwarded (RFC 9110 §7.6.1).
struct HopByHop: Sendable {
    /// Additional fields named by `Connection`.
    private let named: [String]

    init(_ headers: HTTPHeaders) {
        // Nearly always one `keep-alive` or `close`.
        let usual = ["keep-alive", "close"]
        guard headers.contains(.connection), !usual.contains(where: { headers.isOnly(.connection, $0) }) else {
            self.named = []
            return
        }
        self.named = headers.list(of: "connection").filter { !Self.kept.contains($0.lowercased()) }
    }

    private static let fixed: HeaderNames = [
        .connection, .proxyConnection, .keepAlive, .te, .trailer, .transferEncoding, .upgrade, .proxyAuthenticate,
        .proxyAuthenticationInfo,
    ]

    /// Fields that `Connection` cannot remove, because the message would change its meaning without them.
    private static let kept: Set<String> = ["host", "content-length", "content-type", "content-encoding", "close"]

    func contains(_ headers: HTTPHeaders, _ index: Int) -> Bool {
        Self.fixed.contains(headers.known(at: index)) || self.named.contains { headers.matches(at: index, $0) }
    }
}
