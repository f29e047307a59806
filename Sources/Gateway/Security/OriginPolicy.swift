internal import HTTP

/// Prevents other sites from using a browser's cookie. Pure.
///
/// Browsers send a page's origin with every state-changing request and every WebSocket, and pages cannot forge it.
/// Other programs may send none; they have no cookie but their own.
struct OriginPolicy: Sendable {
    /// The origin of the configured public URL, in lower case.
    private let own: String

    init(publicURL: HTTPURL) {
        self.own = publicURL.origin.lowercased()
    }

    /// Whether a request may use the browser's cookie.
    ///
    /// - Parameters:
    ///   - changes: Whether the request changes something or opens a WebSocket; then `Origin` counts too.
    ///   - isPage: Whether it asks for a page, which links on other sites may open.
    func allowsCookie(_ headers: HTTPHeaders, changes: Bool, isPage: Bool) -> Bool {
        if changes { return self.allows(headers) }
        if isPage, headers["sec-fetch-mode"] == "navigate" { return true }
        return !PagePolicy.isForeignSite(headers)
    }

    /// - Parameters:
    ///   - origin: The `Origin` header.
    ///   - host: The `Host` header: the address that the browser used, even behind a proxy that preserves it.
    func allows(origin: String?, host: String?) -> Bool {
        guard let origin = origin?.lowercased() else { return true }
        if origin == self.own { return true }
        guard let host = host?.lowercased() else { return false }
        return origin == "http://\(host)" || origin == "https://\(host)"
    }

    func allows(_ headers: HTTPHeaders) -> Bool {
        !PagePolicy.isForeignSite(headers) && self.allows(origin: headers["origin"], host: headers["host"])
    }
}
