internal import JSON

/// What is known about an encrypted room.
struct MatrixCipherRoom: Sendable, Equatable {
    /// After this time in milliseconds, and after so many messages, the outbound session is replaced.
    var rotationTime: Int64 = 604_800_000
    var rotationMessages = 100
    /// The history visibility: who may read what was written before they came.
    var visibility = "shared"
    /// The members are complete.
    var knowsMembers = false
    /// Members and invited people.
    var members: [String: Bool] = [:]
    /// When they were too many to be remembered (milliseconds since 1970); not stored.
    var crowdedAt: Int64?

    /// Everybody who may read what is written now: invited people too, unless history is for members only.
    var readers: Set<String> {
        Set(self.members.filter { !$0.value || self.visibility != "joined" }.keys)
    }

    /// Notes a member event; returns the user whose membership it changes.
    @discardableResult mutating func apply(membership event: MatrixEvent) -> String? {
        guard event.type == .member, let user = event.stateKey else { return nil }
        let membership = event.content["membership"]?.stringValue
        let isInvited: Bool? = membership == "join" ? false : membership == "invite" ? true : nil
        guard self.members[user] != isInvited else { return nil }
        self.members[user] = isInvited
        return user
    }

    /// There are too many members.
    mutating func forgetMembers(at now: Int64) {
        self.members = [:]
        self.knowsMembers = false
        self.crowdedAt = now
    }

    mutating func apply(_ encryption: JSON) {
        if let time = encryption["rotation_period_ms"]?.intValue, time > 0 {
            // An hour at least, so that a hostile room cannot make the bot share keys all the time.
            self.rotationTime = max(3_600_000, Int64(time))
        }
        if let messages = encryption["rotation_period_msgs"]?.intValue, messages > 0 {
            self.rotationMessages = messages
        }
    }
}
