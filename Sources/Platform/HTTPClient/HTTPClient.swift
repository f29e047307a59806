package import EventLoop
internal import HTTP

/// Sends HTTP requests on the event loop: through libcurl, except those without TLS to this machine or a numeric
/// address, and those with TLS if ``HTTPClientSettings/prefersHTTP1`` is set, which go through ``HTTP1Pool``.
///
/// Requests share kept-alive connections; libcurl's use HTTP/2 where the server offers it with TLS. Servers are always
/// verified.
/// The client doesn't follow redirects, request content codings or use the environment's proxies. Cancelling the task
/// that executes a request or reads its body ends the transfer at once.
package final class HTTPClient: Sendable {
    package let settings: HTTPClientSettings
    private let refusal: AddressRefusal?
    private let box = Box()

    /// Why the client may not connect to an address and port; nil if it may.
    package typealias AddressRefusal = @Sendable (IPAddress, UInt16) -> String?

    /// - Parameter refusal: Asked with the very address of each new connection, so that a name that resolves differently
    ///   each time leads nowhere else.
    package init(_ settings: HTTPClientSettings = HTTPClientSettings(), refusing refusal: AddressRefusal? = nil) {
        self.settings = settings
        self.refusal = refusal
    }

    deinit {
        let box = self.box
        EventLoop.shared.execute {
            box.multi?.close()
            box.pools.plain?.close()
            box.pools.secure?.close()
        }
    }

    /// Sends a request and returns the response when its head has arrived; the body follows as it is read.
    ///
    /// Throws an ``HTTPClientError``, the error of the request's body, or `CancellationError`.
    package func execute(_ request: HTTPClientRequest) async throws -> HTTPClientResponse {
        let plan = try TransferPlan(request, self.settings)
        return try await self.run(plan, byCurl: self.needsCurl(request))
    }

    /// ``execute(_:)`` with a callback, which runs on the loop unless the exchange is cancelled first.
    ///
    /// Throws an ``HTTPClientError`` for a request that can't be sent.
    @Net package func begin(
        _ request: HTTPClientRequest,
        onHead: @escaping @Net (Result<HTTPClientResponse, any Error>) -> Void
    ) throws(HTTPClientError) -> HTTPClientExchange {
        let transfer = try self.transfer(
            try TransferPlan(request, self.settings), byCurl: self.needsCurl(request))
        try transfer.start()
        transfer.whenHeadCame(onHead)
        return HTTPClientExchange(transfer)
    }

    private func needsCurl(_ request: HTTPClientRequest) -> Bool {
        guard !self.settings.usesOnlyLibcurl, self.refusal == nil, request.signature == nil else { return true }
        return request.url.isSecure ? !self.settings.prefersHTTP1 : !HTTP1Pool.hasAddress(request.url)
    }

    @Net private func transfer(_ plan: TransferPlan, byCurl: Bool) throws(HTTPClientError) -> Transfer {
        if byCurl { return try CurlTransfer(plan, self.settings, refusing: self.refusal, on: try self.multi()) }
        return HTTP1Transfer(plan, on: try plan.isSecure ? self.securePool() : self.plainPool())
    }

    @Net private func plainPool() -> HTTP1Pool {
        if let pool = self.box.pools.plain { return pool }
        let pool = HTTP1Pool(self.settings)
        self.box.pools.plain = pool
        return pool
    }

    @Net private func securePool() throws(HTTPClientError) -> HTTP1Pool {
        if let pool = self.box.pools.secure { return pool }
        let pool = HTTP1Pool(self.settings, by: try HTTP1Security(self.settings))
        self.box.pools.secure = pool
        return pool
    }

    @Net private func run(_ plan: TransferPlan, byCurl: Bool) async throws -> HTTPClientResponse {
        let transfer = try self.transfer(plan, byCurl: byCurl)
        try transfer.start()
        return try await transfer.response()
    }

    @Net private func multi() throws(HTTPClientError) -> Multi {
        if let multi = self.box.multi { return multi }
        guard
            let multi = Multi(
                maxConnections: self.settings.maxConnections, maxIdleConnections: self.settings.maxIdleConnections)
        else { throw HTTPClientError(.local, "no memory for HTTP transfers") }
        self.box.multi = multi
        return multi
    }

    /// Created at the first request for each, on the loop.
    @Net private final class Box {
        var multi: Multi?
        var pools: (plain: HTTP1Pool?, secure: HTTP1Pool?)

        nonisolated init() {}
    }
}

/// An exchange started by ``HTTPClient/begin(_:onHead:)``.
@Net
package struct HTTPClientExchange: Sendable {
    private let transfer: Transfer

    init(_ transfer: Transfer) {
        self.transfer = transfer
    }

    /// Ends the exchange at once, in any state.
    package func cancel() { self.transfer.forget() }
}
