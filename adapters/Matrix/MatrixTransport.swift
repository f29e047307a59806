package import HTTP
package import Primitives

/// Sends requests to the homeserver: the seam between the adapter and the network.
package protocol MatrixTransport: Sendable {
    /// Sets the homeserver's address for later requests.
    func use(_ homeserver: HTTPURL)
    /// Sends `token` only with requests that need it. Throws only `CancellationError`.
    func send(_ request: MatrixRequest, token: Secret?) async throws -> MatrixAnswer
    /// Stores a file on the homeserver; the answer contains its address.
    func upload(_ bytes: [UInt8], name: String, mediaType: String, token: Secret?) async throws -> MatrixAnswer
    /// Downloads a file in chunks; nil when all of it was written. Throws `CancellationError` and errors of `write`.
    func download(
        server: String, id: String, token: Secret?, to write: @escaping @Sendable ([UInt8]) async throws -> Void
    ) async throws -> MatrixAnswer?
}
