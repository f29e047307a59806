internal import HTTP

/// The fields that belong to one connection and are never passed on (RFC 9110 §7.6.1).
struct HopByHop: Sendable {
    /// Further ones that `Connection` names.
    private let named: [String]

    init(_ headers: HTTPHeaders) {
        guard headers.contains("connection") else {
            self.named = []
            return
        }
        self.named = headers.list(of: "connection").filter { !Self.kept.contains($0.lowercased()) }
    }

    private static let fixed = [
        "connection", "proxy-connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade",
        "proxy-authenticate", "proxy-authentication-info",
    ]

    /// What `Connection` can't take away: without these the message would mean something else.
    private static let kept: Set<String> = ["host", "content-length", "content-type", "content-encoding", "close"]

    func contains(_ headers: HTTPHeaders, _ index: Int) -> Bool {
        Self.fixed.contains { headers.matches(at: index, $0) } || self.named.contains { headers.matches(at: index, $0) }
    }
}
