/// Whether the host's jail works, and how it is described.
package struct JailReport: Sendable, Equatable {
    /// One line for `status`: the program, the limits maker, the network.
    package let summary: String
    /// Nil for a working jail; otherwise one line with the reason and the remedy.
    package var refusal: String?
    /// For the audit: the jail's profile.
    package let profile: String
    /// For the audit: the limits maker, such as `cgroup v1`.
    package let limits: String
}
