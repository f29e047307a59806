/// Refuses requests that a page of another site makes through its visitor's browser. Pure.
///
/// - A page whose name was rebound to this machine (DNS rebinding) has the server's own origin for its browser, so only
///   `Host` tells its requests apart: it carries the page's name. Loopback names and addresses cannot be rebound.
/// - Any other page of another site is named by `Sec-Fetch-Site` (W3C Fetch Metadata), which pages cannot set.
///
/// Ports are not compared: they prove nothing about the page, and a tunnel may change them.
package struct PagePolicy: Sendable {
    package enum Refusal: Sendable, Equatable {
        /// `Host` names another server.
        case host(String)
        /// According to `Sec-Fetch-Site`, another site's page sent the request.
        case site
    }

    /// Lowercase, without brackets and port.
    private let names: Set<String>
    private let acceptsAddresses: Bool

    /// - Parameters:
    ///   - listen: The address that the server listens on. Beyond loopback, any numeric address is accepted: the machine
    ///     may have several.
    ///   - names: More names of the server, such as the host of its public URL.
    package init(listen: String, names: [String] = []) {
        self.names = Set(([listen] + names).map { $0.lowercased() })
        self.acceptsAddresses = !Authority.isLoopback(listen.lowercased())
    }

    package func refusal(of headers: HTTPHeaders) -> Refusal? {
        if let name = self.foreignHost(of: headers) { return .host(name) }
        return Self.isForeignSite(headers) ? .site : nil
    }

    /// The name in `Host` if it is not one of this server's.
    package func foreignHost(of headers: HTTPHeaders) -> String? {
        // Only programs omit it (HTTP/1.0).
        guard let value = headers[.host] else { return nil }
        guard let host = try? Authority(value[...]).host else { return value }
        let name = host.hasSuffix(".") ? String(host.dropLast()) : host
        if self.names.contains(name) || Authority.isLoopback(name) || name.hasSuffix(".localhost") { return nil }
        return self.acceptsAddresses && Self.isAddress(name) ? nil : value
    }

    /// Whether a page of another site sent the request. Sites ignore ports, so another server's page on this machine is
    /// `same-site`.
    package static func isForeignSite(_ headers: HTTPHeaders) -> Bool {
        guard let site = headers[.secFetchSite] else { return false }
        return site != "same-origin" && site != "none"
    }

    private static func isAddress(_ host: String) -> Bool {
        // `Authority` allows a colon only in brackets, as part of an IPv6 address.
        if host.utf8.contains(0x3A) { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts.allSatisfy { UInt8($0) != nil }
    }
}
