/// The user and group that a jail's processes run as outside of it.
package struct JailIdentity: Sendable, Hashable {
    package let user: UInt32
    package let group: UInt32

    package init(user: UInt32, group: UInt32) {
        self.user = user
        self.group = group
    }
}
