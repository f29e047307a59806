internal import EventLoop
internal import HTTP

/// What makes a provider of the shared exchange: addresses, headers, bodies, and what to do about refusals.
protocol ModelEndpoint: Sendable {
    /// Makes one try of a request. Called anew for each, so that nothing old is sent twice.
    ///
    /// - Parameters:
    ///   - isRepeat: whether the request was tried before and failed; a try that was only mended does not count.
    ///   - timeout: what is left of the turn's time.
    @Net func prepare(_ request: ModelRequest, isRepeat: Bool, timeout: Duration) async throws -> PreparedRequest
    /// Told the headers of every answer, refusals among them.
    func received(_ headers: HTTPHeaders)
}
