package import HTTP

/// An entry of a router's table.
package struct Route: Sendable {
    package let method: HTTPMethod
    package let pattern: RoutePattern
    /// In bytes; `nil` means the server's default.
    package let bodyLimit: Int?
    package let documentation: RouteDocumentation?
    package let handler: HTTPDispatch.Handler

    package init(
        _ method: HTTPMethod, _ pattern: RoutePattern, bodyLimit: Int? = nil,
        documentation: RouteDocumentation? = nil, handler: HTTPDispatch.Handler
    ) {
        self.method = method
        self.pattern = pattern
        self.bodyLimit = bodyLimit
        self.documentation = documentation
        self.handler = handler
    }

    /// A route whose handler runs on the pool.
    package init(
        _ method: HTTPMethod, _ pattern: RoutePattern, bodyLimit: Int? = nil,
        documentation: RouteDocumentation? = nil,
        handler: @escaping @concurrent @Sendable (HTTPServerRequest) async throws -> HTTPServerResponse
    ) {
        self.init(method, pattern, bodyLimit: bodyLimit, documentation: documentation, handler: .pool(handler))
    }
}
