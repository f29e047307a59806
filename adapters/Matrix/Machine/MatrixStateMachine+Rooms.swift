internal import JSON
internal import Kit
internal import Logging

/// Joining and leaving rooms: invitations, encryption.
extension MatrixStateMachine {
    /// The number of attempts to join a room.
    static let joinTryLimit = 6

    // MARK: Invitations

    mutating func receiveInvitation(_ room: MatrixSync.Other) {
        guard self.answersInvitations, self.memory.invitations[room.id] == nil, self.memory.invitations.count < 1_000
        else { return }
        let own = room.events.last { $0.type == .member && $0.stateKey == self.settings.user }
        guard let own, own.content["membership"]?.stringValue == "invite", own.sender != self.settings.user else {
            return
        }
        for event in room.events where event.type == .member && event.stateKey == own.sender { self.noteName(event) }
        let isEncrypted = room.events.contains { $0.type == .encryption }
        self.memory.invitations[room.id] = MatrixMemory.Invitation(
            inviter: own.sender, isDirect: own.content["is_direct"]?.boolValue ?? false, isEncrypted: isEncrypted)
        self.joinTries[room.id] = 0
        let isDirect = own.content["is_direct"]?.boolValue ?? false
        self.act(.ask(room: room.id, self.sender(own.sender), isDirect: isDirect && (self.encrypts || !isEncrypted)))
    }

    /// Resumes the invitations and upgrades that an earlier run left unfinished.
    mutating func resume() {
        guard !self.hasResumed else { return }
        self.hasResumed = true
        if self.answersInvitations {
            for (room, invitation) in self.memory.invitations where self.joinTries[room] == nil {
                self.joinTries[room] = 0
                let isDirect = invitation.isDirect && (self.encrypts || !invitation.isEncrypted)
                self.act(.ask(room: room, self.sender(invitation.inviter), isDirect: isDirect))
            }
        }
        for (old, new) in self.memory.upgrades where self.joinTries[new] == nil && self.memory.rooms[new] == nil {
            self.follow(new)
            self.joinUpgrade(old, new, via: nil, after: 0)
        }
    }

    private mutating func forgetInvitation(_ room: String) {
        self.memory.invitations[room] = nil
        self.joinTries[room] = nil
    }

    mutating func decide(_ room: String, _ isAllowed: Bool) {
        guard let invitation = self.memory.invitations[room] else { return }
        if !isAllowed {
            self.forgetInvitation(room)
            self.log(.info, "Declined an invitation from \(invitation.inviter), who is not in the access lists")
            self.act(
                .aside(
                    .leave(room: room, reason: "This bot only accepts invitations from people in its access lists."),
                    after: 0))
        } else if invitation.isEncrypted, !self.encrypts {
            self.forgetInvitation(room)
            self.declineEncrypted(room, inviter: invitation.inviter)
            self.sayNotices()
        } else {
            self.memory.invitations[room]?.isAccepted = true
            self.memory.followed.remove(room)
            self.join(room, invitation)
        }
    }

    private mutating func join(_ room: String, _ invitation: MatrixMemory.Invitation, after wait: Int64 = 0) {
        self.act(.aside(.join(.join(room: room), room: room, via: Self.server(of: invitation.inviter)), after: wait))
    }

    /// The server that an account belongs to.
    static func server(of user: String) -> String? {
        user.firstIndex(of: ":").map { String(user[user.index(after: $0)...]) }
    }

    mutating func receiveAside(_ answer: MatrixAnswer, for purpose: MatrixRequest.Purpose) {
        switch purpose {
        case .join(let room): self.receiveJoin(answer, of: room)
        case .upgrade(let old, let new): self.receiveUpgrade(answer, from: old, to: new)
        case .leave(let room):
            if case .refused(let refusal) = answer { self.log(.info, "Could not leave \(room): \(refusal.summary)") }
        case .abandon(let room): self.receiveAbandoning(answer, of: room)
        default: break
        }
    }

    private mutating func receiveJoin(_ answer: MatrixAnswer, of room: String) {
        guard let invitation = self.memory.invitations[room] else { return }
        // The next sync brings the room's state.
        if case .success = answer { return self.log(.info, "Joined \(room), invited by \(invitation.inviter)") }
        let tries = (self.joinTries[room] ?? 0) + 1
        self.joinTries[room] = tries
        guard tries < Self.joinTryLimit else {
            self.forgetInvitation(room)
            self.log(
                .warning,
                "Could not join \(room), so the invitation was declined: \(Self.text(answer)); invite the bot again")
            return self.act(.aside(.leave(room: room, reason: "The room could not be joined."), after: 0))
        }
        self.log(.info, "Could not join \(room): \(Self.text(answer)); retrying")
        self.join(room, invitation, after: Self.joinDelay(answer, tries))
    }

    /// 2 s, 4 s, 8 s …, or longer if the server asks for it.
    static func joinDelay(_ answer: MatrixAnswer, _ tries: Int) -> Int64 {
        let wait: Int64 = 1_000 << Int64(min(tries, 10))
        guard case .refused(let refusal) = answer, let retryAfter = refusal.retryAfter else { return wait }
        return max(wait, retryAfter)
    }

    static func text(_ answer: MatrixAnswer) -> String {
        switch answer {
        case .success: "done"
        case .refused(let refusal): refusal.summary
        case .failed(let reason, _): reason
        }
    }

    /// A room seen for the first time, with the facts from its invitation.
    mutating func newRoom(_ id: String) -> MatrixRoom {
        var room = MatrixRoom()
        self.joinTries[id] = nil
        if let invitation = self.memory.invitations.removeValue(forKey: id) {
            room.inviter = invitation.inviter
            room.isDirect = invitation.isDirect
            // The invitation did not show the encryption: leave again, with the reason.
            if !self.encrypts, self.memory.encrypted.contains(id) {
                self.declineEncrypted(id, inviter: invitation.inviter)
            }
        }
        return room
    }

    mutating func leave(_ room: MatrixSync.Other) {
        self.forgetInvitation(room.id)
        // What changes while it is away is not reported.
        self.forgetVisibility(of: room.id)
        guard let known = self.memory.rooms.removeValue(forKey: room.id) else { return }
        self.lost[room.id] = known.title ?? ""
        let own = room.events.last { $0.type == .member && $0.stateKey == self.settings.user }
        if let own, own.sender != self.settings.user {
            let word = own.content["membership"]?.stringValue == "ban" ? "banned" : "removed"
            self.log(.warning, "\(own.sender) \(word) the bot from \(room.id); invite it again to use it there")
        }
    }

    // MARK: State

    mutating func apply(_ event: MatrixEvent, in room: String) {
        switch event.type {
        case .member: self.noteName(event)
        case .name, .canonicalAlias:
            let name = event.content["name"]?.stringValue ?? event.content["alias"]?.stringValue ?? ""
            if event.type == .name || !name.isEmpty { self.memory.rooms[room]?.hasName = !name.isEmpty }
            if event.type == .name {
                self.memory.rooms[room]?.name = RoomTitle.of(name)
            } else {
                self.memory.rooms[room]?.alias = RoomTitle.of(name)
            }
        case .encryption where event.stateKey == "": self.noteEncryption(of: room, isNew: false)
        case .tombstone where event.stateKey == "": self.followUpgrade(event, from: room)
        case .historyVisibility: self.forgetVisibility(of: room)
        default: break
        }
    }

    private mutating func forgetVisibility(of room: String) {
        self.visibilities[room] = nil
        self.visibilityChanges += 1
    }

    private mutating func noteName(_ event: MatrixEvent) {
        guard let user = event.stateKey, let name = event.content["displayname"]?.stringValue else { return }
        self.learn(name: name, of: user)
    }

    /// Whether every message in a room is addressed to the bot.
    func isDirect(_ id: String) -> Bool {
        guard let room = self.memory.rooms[id] else { return false }
        if let joined = room.joined, joined > 2 { return false }
        if room.isDirect || self.memory.direct.contains(id) { return true }
        return room.joined == 2 && !room.hasName
    }

    // MARK: Encryption

    static let encryptionNotice =
        "This bot cannot read or write in encrypted rooms. Invite it to a room without encryption; once encryption is "
        + "on, it cannot be turned off."

    /// From now on, nothing is ever sent into the room in clear text.
    mutating func noteEncryption(of room: String, isNew: Bool) {
        guard self.memory.encrypted.insert(room).inserted else { return }
        self.reconsiderUpgrades(to: room)
        guard !isNew, !self.encrypts else { return }
        self.log(
            .warning,
            "\(room) is encrypted now, so the bot no longer reads or writes there; use a room without encryption")
        guard let inviter = self.memory.rooms[room]?.inviter else { return }
        self.notices.append((inviter, room, "Encryption was turned on in \(room). \(Self.encryptionNotice)"))
    }

    private mutating func declineEncrypted(_ room: String, inviter: String) {
        self.memory.encrypted.insert(room)
        self.log(
            .warning,
            "\(room) is encrypted, so the bot refuses the invitation from \(inviter); use a room without encryption")
        self.act(.aside(.leave(room: room, reason: Self.encryptionNotice), after: 0))
        let text = "\(room), which you invited this bot to, is encrypted. \(Self.encryptionNotice)"
        self.notices.append((inviter, room, text))
    }

    /// Notifies people in a direct room without encryption, if they have one. All at once: one sync may bring thousands
    /// of encrypted rooms, and finding the direct ones takes a look at every room.
    mutating func sayNotices() {
        guard !self.notices.isEmpty else { return }
        let users = Set(self.notices.map { $0.user })
        var directs: [String: String] = [:]
        for (id, room) in self.memory.rooms {
            guard let user = room.inviter, users.contains(user), self.isDirect(id), !self.memory.encrypted.contains(id)
            else { continue }
            directs[user] = min(directs[user] ?? id, id)
        }
        for notice in self.notices {
            guard let direct = directs[notice.user] else { continue }
            let token = "encrypted-\(notice.room)"
            self.act(
                .say(
                    MatrixOutgoing(
                        room: direct,
                        kind: .event(.message, MatrixContent.message(notice.text, token: token, relation: .none)),
                        transaction: token, priority: .passing)))
        }
        self.notices = []
    }

    /// A problem to report although the connection is up.
    var statusDetail: String? {
        if self.encrypts { return self.keyTrouble }
        let rooms = self.memory.encrypted.filter { self.memory.rooms[$0] != nil }.sorted()
        guard let first = rooms.first else { return nil }
        let more = rooms.count == 1 ? "is encrypted" : "and \(rooms.count - 1) more are encrypted"
        return "\(first) \(more): the bot does not read or write there; use rooms without encryption"
    }
}
