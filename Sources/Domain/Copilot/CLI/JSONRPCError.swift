/// A refusal by the peer of a JSON-RPC connection, in its own words.
package struct JSONRPCError: Error, Sendable, Equatable {
    /// "Method not found" in JSON-RPC 2.0.
    package static let methodNotFound = -32601

    package let code: Int
    package let message: String

    package init(code: Int, message: String) {
        self.code = code
        self.message = message
    }
}
