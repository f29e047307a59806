internal import EventLoop
package import HTTP
package import Primitives

/// A request to send. The URL's path and query are sent unmodified.
package struct HTTPClientRequest: Sendable {
    package enum Body: Sendable {
        case none
        case bytes([UInt8])
        /// The closure's output, sent no faster than the server accepts it; chunked if the length is `nil`. An error
        /// thrown by the closure ends the exchange and becomes its error.
        case stream(length: Int?, @Sendable (HTTPRequestBodyWriter) async throws -> Void)
    }

    package var method: HTTPMethod
    package var url: HTTPURL
    /// Sent in this order. The client sets connection headers (`Connection`, `Content-Length`, `Transfer-Encoding`,
    /// `Expect`, …) itself and ignores them here.
    package var headers: HTTPHeaders
    package var body: Body
    /// Overrides the client's.
    package var idleTimeout: Duration?
    /// Overrides the client's.
    package var totalTimeout: Duration?
    /// Whether the response is a long stream of small pieces, for which a small receive buffer saves memory.
    package var isTrickle = false
    /// Signs the request; nil for none.
    package var signature: AWSSignature?

    package init(
        _ method: HTTPMethod = .get, _ url: HTTPURL, headers: HTTPHeaders = HTTPHeaders(), body: Body = .none
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
    }
}

/// Receives a streamed request body.
package struct HTTPRequestBodyWriter: Sendable {
    let pipe: BytePipe

    /// Waits for room and writes. Throws when the exchange has ended; the caller need not handle that, because the
    /// exchange reports its own error.
    package func write(_ bytes: [UInt8]) async throws {
        try await self.pipe.write(bytes)
    }
}

/// Signs a request with AWS Signature Version 4, as S3 and its relatives expect.
///
/// The request must have the header `X-Amz-Content-Sha256`, and its query must be sorted by name with every name
/// followed by `=`: libcurl 7.88 signs it as it is.
package struct AWSSignature: Sendable, Hashable {
    package var region: String
    package var service: String
    package var accessKey: String
    package var secretKey: Secret

    package init(region: String, service: String, accessKey: String, secretKey: Secret) {
        self.region = region
        self.service = service
        self.accessKey = accessKey
        self.secretKey = secretKey
    }

    /// The value of CURLOPT_AWS_SIGV4.
    var provider: String { "aws:amz:\(self.region):\(self.service)" }
}
