package import HTTP
package import Primitives

/// Carries requests to the homeserver: the seam between the adapter and the network.
package protocol MatrixTransport: Sendable {
    /// From now on the homeserver is there.
    func use(_ homeserver: HTTPURL)
    /// Asks, with `token` where the request needs one. Throws only `CancellationError`.
    func send(_ request: MatrixRequest, token: Secret?) async throws -> MatrixAnswer
    /// Stores a file with the homeserver; the answer holds its address.
    func upload(_ bytes: [UInt8], name: String, mediaType: String, token: Secret?) async throws -> MatrixAnswer
    /// Fetches a file piece by piece; nil when all was written. Throws `CancellationError` and what `write` throws.
    func download(
        server: String, id: String, token: Secret?, to write: @escaping @Sendable ([UInt8]) async throws -> Void
    ) async throws -> MatrixAnswer?
}
