/// A database as one of its users sees it: all of it, or a part that may pass to another host.
package protocol DatabaseAccess: Sendable {
    /// Runs a body that only reads. All its statements see one snapshot, which includes every write that has returned.
    func read<Value: Sendable>(_ body: @escaping @Sendable (any Connection) throws -> Value) async throws -> Value
    /// Runs a body in a transaction. When this returns, its changes are durable; if it throws, none are made, as when
    /// another host has the part.
    func commit(_ body: @escaping @Sendable (any Connection) throws -> Void) async throws
    /// Whether what was stored may leave this host now. Without I/O.
    var isHeld: Bool { get }
    func close() async
}

extension Database: DatabaseAccess {
    package func commit(_ body: @escaping @Sendable (any Connection) throws -> Void) async throws {
        try await self.write(body)
    }

    package var isHeld: Bool { true }
}
