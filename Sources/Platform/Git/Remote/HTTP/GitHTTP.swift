/// What sends the requests of Git's smart HTTP protocol; see ``GitHTTPClient``.
package protocol GitHTTP: Sendable {
    /// Sends a request and returns when the answer's head has arrived. Follows no redirect.
    ///
    /// Throws a ``GitError``, the error of the request's body, or `CancellationError`; so does reading the answer.
    func send(_ request: GitHTTPRequest) async throws -> GitHTTPResponse
}
