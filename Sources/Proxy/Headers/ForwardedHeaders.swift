internal import HTTP

/// Which fields pass through the proxy, in both directions. Pure.
enum ForwardedHeaders {
    /// What tells who the client is, or what it showed to be let in; and what is written anew for the upstream.
    private static let personal = [
        "host", "authorization", "proxy-authorization", "expect", "forwarded", "x-real-ip", "x-client-ip",
        "true-client-ip", "cf-connecting-ip", "x-request-id",
    ]

    /// The client's fields that the upstream gets.
    ///
    /// - Parameters:
    ///   - isModelRequest: Content codings are not asked for, so that the answer's usage can be counted and its events
    ///     are not held back by a compressor.
    static func request(_ headers: HTTPHeaders, isModelRequest: Bool) -> HTTPHeaders {
        let hopByHop = HopByHop(headers)
        var kept = headers.filtered { index in
            !hopByHop.contains(headers, index)
                && !Self.personal.contains { headers.matches(at: index, $0) }
                && !headers.hasNamePrefix(at: index, "x-forwarded-")
                && !(isModelRequest && headers.matches(at: index, "accept-encoding"))
        }
        if headers.contains("cookie") { Self.removeOwnCookie(from: &kept) }
        return kept
    }

    /// The upstream's fields that the client gets.
    static func response(_ headers: HTTPHeaders, isMounted: Bool) -> HTTPHeaders {
        let hopByHop = HopByHop(headers)
        return headers.filtered { index in
            !hopByHop.contains(headers, index)
                // On the gateway's origin a cookie of the upstream's would be one of the gateway's.
                && !(isMounted && headers.matches(at: index, "set-cookie"))
                && !headers.matches(at: index, "x-request-id")
        }
    }

    /// Cookies know no ports: a browser that is signed in to the gateway shows its session to the proxy too.
    private static func removeOwnCookie(from headers: inout HTTPHeaders) {
        let cookies = headers.values(of: "cookie").flatMap { $0.split(separator: ";") }
            .map { String($0.utf8.trimmingBlanks()) }
        let others = cookies.filter { !$0.hasPrefix("jetbridge_session=") }
        guard others.count != cookies.count else { return }
        headers["cookie"] = others.isEmpty ? nil : others.joined(separator: "; ")
    }
}
