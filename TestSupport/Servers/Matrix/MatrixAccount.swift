/// A signed-in account on a test's Matrix server.
package struct MatrixAccount: Sendable, Hashable {
    /// The name before the colon.
    package let name: String
    /// `@name:server`
    package let userID: String
    package let password: String
    package let token: String
    package let deviceID: String
}
