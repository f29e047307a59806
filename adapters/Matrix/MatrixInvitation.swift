/// An invitation that is being answered.
package struct MatrixInvitation: Sendable, Equatable {
    package var inviter: String
    package var isDirect: Bool
    package var isEncrypted: Bool

    package init(inviter: String, isDirect: Bool, isEncrypted: Bool) {
        self.inviter = inviter
        self.isDirect = isDirect
        self.isEncrypted = isEncrypted
    }
}
