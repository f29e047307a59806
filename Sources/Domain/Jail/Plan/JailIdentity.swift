/// The user outside of the jail that its processes run as, when the host runs as root. Nil where a plan takes one
/// means the host's own user.
package struct JailIdentity: Sendable, Equatable {
    package let user: UInt32
    package let group: UInt32

    /// Nil for root, which no jail's process may be.
    package init?(user: UInt32, group: UInt32) {
        guard user != 0, group != 0 else { return nil }
        self.user = user
        self.group = group
    }
}
