package import Chat

/// Who may answer an ask. Applied to the person and the role at the moment of the answer.
package enum AskRule: String, Sendable {
    /// Any owner but the person who asked: nobody approves what they asked for themselves.
    case otherOwners = "other-owners"
    /// The person who asked, if they are a member or an owner, and any owner.
    case requester
    /// The person who asked, whatever their role, and any owner. Only for what permits nothing.
    case asker
    /// Any member and any owner.
    case members
    /// Any owner.
    case owners

    package init(_ answerer: ThreadQuestion.Answerer) {
        switch answerer {
        case .requester: self = .asker
        case .members: self = .members
        case .owners: self = .owners
        }
    }

    package init(_ approver: ApprovalRequest.Approver) {
        switch approver {
        case .ownersOnly: self = .otherOwners
        case .requester: self = .requester
        }
    }

    /// - Parameter sender: With the other identities of the person; see ``AccessControl/person(_:)``.
    package func allows(_ sender: Sender, as role: Role?, askedBy requester: Sender) -> Bool {
        guard let role, !sender.isBot, !sender.isSelf else { return false }
        if self == .asker { return role == .owner || sender.isSamePerson(as: requester) }
        guard role >= .member else { return false }
        switch self {
        case .asker, .members: return true
        case .owners: return role == .owner
        case .otherOwners: return role == .owner && !sender.mayBeSamePerson(as: requester)
        case .requester: return role == .owner || sender.isSamePerson(as: requester)
        }
    }
}

extension Sender {
    /// Whether one person is certainly behind both. A nick or a host that they share says nothing: only an identity that
    /// never becomes somebody else's does.
    package func isSamePerson(as other: Sender) -> Bool {
        self.id == other.id || (self.isLasting && other.identities.contains { $0.value == self.id })
            || (other.isLasting && self.identities.contains { $0.value == other.id })
    }

    /// Whether one person may be behind both: they have any identity in common.
    package func mayBeSamePerson(as other: Sender) -> Bool {
        self.isSamePerson(as: other)
            || !Set(self.identities.map(\.value)).isDisjoint(with: other.identities.map(\.value))
    }
}
