/// Why there is no port for a test's server.
public struct TestPortFailure: Error, CustomStringConvertible {
    /// What failed.
    public let description: String

    init(_ description: String) { self.description = description }
}
