package import HTTP

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
