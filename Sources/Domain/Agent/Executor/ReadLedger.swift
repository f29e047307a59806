/// The files that the model has read in a session, as they were then. A file may be replaced as a whole only by a model
/// that knows what it replaces.
package struct ReadLedger: Sendable, Equatable {
    /// SHA-256 by path, hexadecimal.
    private var digests: [String: String] = [:]

    package init() {}

    package mutating func note(_ path: String, _ digest: String?) { self.digests[path] = digest }

    package func digest(of path: String) -> String? { self.digests[path] }

    /// What the model has read is no longer in its context.
    package mutating func forget() { self.digests = [:] }
}
