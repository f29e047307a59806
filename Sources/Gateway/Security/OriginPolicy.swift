internal import HTTP

/// Keeps other sites from using a browser's cookie. Pure.
///
/// A browser names the origin of a page with every state-changing request and every WebSocket, and a page cannot change
/// it. A program that is no browser names none; it has nobody's cookie but its own.
struct OriginPolicy: Sendable {
    /// The origin of the configured public URL, in lower case.
    private let own: String

    init(publicURL: HTTPURL) {
        self.own = publicURL.origin.lowercased()
    }

    /// - Parameters:
    ///   - origin: The `Origin` header.
    ///   - host: The `Host` header: the address that the browser used, also behind a proxy that keeps it.
    ///   - fetchSite: The `Sec-Fetch-Site` header.
    func allows(origin: String?, host: String?, fetchSite: String?) -> Bool {
        if let fetchSite, fetchSite != "same-origin", fetchSite != "none" { return false }
        guard let origin = origin?.lowercased() else { return true }
        if origin == self.own { return true }
        guard let host = host?.lowercased() else { return false }
        return origin == "http://\(host)" || origin == "https://\(host)"
    }

    func allows(_ headers: HTTPHeaders) -> Bool {
        self.allows(origin: headers["origin"], host: headers["host"], fetchSite: headers["sec-fetch-site"])
    }
}
