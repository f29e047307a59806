package import HTTP

/// Sends the requests of Git's smart HTTP protocol; see ``GitHTTPClient``.
package protocol GitHTTP: Sendable {
    /// Sends a request and returns when the response's head has arrived. Does not follow redirects.
    ///
    /// Throws a ``GitError``, the error of the request's body, or `CancellationError`; so does reading the answer.
    func send(_ request: GitHTTPRequest) async throws -> GitHTTPResponse
}

package struct GitHTTPRequest: Sendable {
    package enum Body: Sendable {
        case none
        case bytes([UInt8])
        /// Sent in chunks, no faster than the server takes them; nil is the end. `ended` is called when no more bytes
        /// are needed, also if the exchange ends early.
        case stream(_ next: @Sendable () async throws -> [UInt8]?, ended: @Sendable () -> Void)
    }

    package let url: HTTPURL
    package let headers: HTTPHeaders
    /// `none` is a GET, everything else a POST.
    package let body: Body
}

package struct GitHTTPResponse: Sendable {
    package let status: Int
    package let headers: HTTPHeaders
    /// The next bytes of the body, which the server sends no faster than they are read; nil at the end. Releasing the
    /// response before that ends the transfer.
    package let next: @Sendable () async throws -> [UInt8]?

    package init(status: Int, headers: HTTPHeaders, next: @escaping @Sendable () async throws -> [UInt8]?) {
        self.status = status
        self.headers = headers
        self.next = next
    }
}
