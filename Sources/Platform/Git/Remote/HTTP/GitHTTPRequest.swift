package import HTTP

package struct GitHTTPRequest: Sendable {
    package enum Body: Sendable {
        case none
        case bytes([UInt8])
        /// Sent in chunks, no faster than the server takes them; nil is the end. `ended` is called when no more is asked
        /// for, also because the exchange ended before.
        case stream(_ next: @Sendable () async throws -> [UInt8]?, ended: @Sendable () -> Void)
    }

    package let url: HTTPURL
    package let headers: HTTPHeaders
    /// `none` is a GET, everything else a POST.
    package let body: Body

    package init(url: HTTPURL, headers: HTTPHeaders, body: Body) {
        self.url = url
        self.headers = headers
        self.body = body
    }
}
