internal import Chat
internal import JSON

/// Coming into rooms and leaving them: invitations, upgrades, encryption.
extension MatrixSession {
    /// Tries to join before an invitation is given up.
    private static let joinTryLimit = 6

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
        self.memory.invitations[room.id] = MatrixInvitation(
            inviter: own.sender, isDirect: own.content["is_direct"]?.boolValue ?? false, isEncrypted: isEncrypted)
        self.joinTries[room.id] = 0
        let isDirect = own.content["is_direct"]?.boolValue ?? false
        self.act(.ask(room: room.id, self.sender(own.sender), isDirect: isDirect && !isEncrypted))
    }

    /// Takes up what an earlier run left unfinished.
    mutating func resume() {
        guard !self.hasResumed else { return }
        self.hasResumed = true
        if self.answersInvitations {
            for (room, invitation) in self.memory.invitations where self.joinTries[room] == nil {
                self.joinTries[room] = 0
                let isDirect = invitation.isDirect && !invitation.isEncrypted
                self.act(.ask(room: room, self.sender(invitation.inviter), isDirect: isDirect))
            }
        }
        for (old, new) in self.memory.upgrades where self.joinTries[new] == nil {
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
            self.log(.info, "An invitation by \(invitation.inviter) is declined: nobody that the access lists know")
            self.act(
                .aside(.leave(room: room, reason: "This bot takes invitations only from people it knows."), after: 0))
        } else if invitation.isEncrypted {
            self.forgetInvitation(room)
            self.declineEncrypted(room, inviter: invitation.inviter)
        } else {
            self.join(room, invitation)
        }
    }

    private mutating func join(_ room: String, _ invitation: MatrixInvitation, after wait: Int64 = 0) {
        self.act(.aside(.join(.join(room: room), room: room, via: Self.server(of: invitation.inviter)), after: wait))
    }

    /// The server that an account belongs to.
    private static func server(of user: String) -> String? {
        user.firstIndex(of: ":").map { String(user[user.index(after: $0)...]) }
    }

    mutating func receiveAside(_ answer: MatrixAnswer, for purpose: MatrixRequest.Purpose) {
        switch purpose {
        case .join(let room): self.receiveJoin(answer, of: room)
        case .upgrade(let old, let new): self.receiveUpgrade(answer, from: old, to: new)
        case .leave(let room):
            if case .refused(let refusal) = answer { self.log(.info, "Leaving \(room) fails: \(refusal.summary)") }
        default: break
        }
    }

    private mutating func receiveJoin(_ answer: MatrixAnswer, of room: String) {
        guard let invitation = self.memory.invitations[room] else { return }
        // What the room is, the next sync tells.
        if case .success = answer { return self.log(.info, "Joined \(room), invited by \(invitation.inviter)") }
        let tries = (self.joinTries[room] ?? 0) + 1
        self.joinTries[room] = tries
        guard tries < Self.joinTryLimit else {
            self.forgetInvitation(room)
            self.log(.warning, "The invitation to \(room) is given up: \(Self.text(answer))")
            return self.act(.aside(.leave(room: room, reason: "The room could not be joined."), after: 0))
        }
        self.log(.info, "Joining \(room) fails: \(Self.text(answer)); trying again")
        self.join(room, invitation, after: Self.joinDelay(answer, tries))
    }

    /// 2 s, 4 s, 8 s …, or what the server wants.
    private static func joinDelay(_ answer: MatrixAnswer, _ tries: Int) -> Int64 {
        let wait: Int64 = 1_000 << Int64(min(tries, 10))
        guard case .refused(let refusal) = answer, let told = refusal.retryAfter else { return wait }
        return max(wait, told)
    }

    private static func text(_ answer: MatrixAnswer) -> String {
        switch answer {
        case .success: "done"
        case .refused(let refusal): refusal.summary
        case .failed(let reason, _): reason
        }
    }

    /// A room that was not there before, with what its invitation told.
    mutating func newRoom(_ id: String) -> MatrixRoom {
        var room = MatrixRoom()
        self.joinTries[id] = nil
        if let invitation = self.memory.invitations.removeValue(forKey: id) {
            room.inviter = invitation.inviter
            room.isDirect = invitation.isDirect
            // Found out only now: out again, with the reason.
            if self.memory.encrypted.contains(id) { self.declineEncrypted(id, inviter: invitation.inviter) }
        }
        return room
    }

    mutating func leave(_ room: MatrixSync.Other) {
        self.forgetInvitation(room.id)
        guard self.memory.rooms.removeValue(forKey: room.id) != nil else { return }
        let own = room.events.last { $0.type == .member && $0.stateKey == self.settings.user }
        if let own, own.sender != self.settings.user {
            let word = own.content["membership"]?.stringValue == "ban" ? "banned" : "removed"
            self.log(.warning, "\(own.sender) \(word) the bot from \(room.id); invite it again to go on there")
        }
    }

    // MARK: State

    /// Takes one state event.
    mutating func apply(_ event: MatrixEvent, in room: String) {
        switch event.type {
        case .member: self.noteName(event)
        case .name, .canonicalAlias:
            let name = event.content["name"]?.stringValue ?? event.content["alias"]?.stringValue ?? ""
            if event.type == .name || !name.isEmpty { self.memory.rooms[room]?.hasName = !name.isEmpty }
        case .encryption where event.stateKey == "": self.noteEncryption(of: room, isNew: false)
        case .tombstone where event.stateKey == "": self.followUpgrade(event, from: room)
        default: break
        }
    }

    private mutating func noteName(_ event: MatrixEvent) {
        guard let user = event.stateKey, let name = event.content["displayname"]?.stringValue else { return }
        self.names[user] = String(name.prefix(200))
    }

    /// Whether everything said in a room is meant for us.
    func isDirect(_ id: String) -> Bool {
        guard let room = self.memory.rooms[id] else { return false }
        if let joined = room.joined, joined > 2 { return false }
        if room.isDirect || self.memory.direct.contains(id) { return true }
        return room.joined == 2 && !room.hasName
    }

    // MARK: Encryption

    static let encryptionNotice =
        "This bot cannot read or write encrypted rooms. Please invite it to a room without encryption; encryption "
        + "cannot be switched off again where it is on."

    /// From now on, for ever, nothing is sent into the room.
    mutating func noteEncryption(of room: String, isNew: Bool) {
        guard self.memory.encrypted.insert(room).inserted, !isNew else { return }
        self.log(
            .warning,
            "\(room) is encrypted now: nothing is read or sent there any more; use a room without encryption")
        guard let inviter = self.memory.rooms[room]?.inviter else { return }
        self.sayDirectly(
            to: inviter, "Encryption was switched on in \(room). \(Self.encryptionNotice)", about: room)
    }

    private mutating func declineEncrypted(_ room: String, inviter: String) {
        self.memory.encrypted.insert(room)
        self.log(.warning, "The encrypted room \(room), to which \(inviter) invites, is declined")
        self.act(.aside(.leave(room: room, reason: Self.encryptionNotice), after: 0))
        self.sayDirectly(
            to: inviter, "I could not come to the encrypted room you invited me to. \(Self.encryptionNotice)",
            about: room)
    }

    /// Tells somebody in a direct room without encryption, if there is one.
    private mutating func sayDirectly(to user: String, _ text: String, about room: String) {
        let rooms = self.memory.rooms.keys.sorted().filter {
            self.memory.rooms[$0]?.inviter == user && self.isDirect($0) && !self.memory.encrypted.contains($0)
        }
        guard let direct = rooms.first else { return }
        let token = "encrypted-\(room)"
        self.act(
            .say(
                MatrixOutgoing(
                    room: direct,
                    kind: .event(.message, MatrixContent.notice(text, token: token, relation: .none)),
                    transaction: token, priority: .passing)))
    }

    /// What is wrong although the connection is up.
    var statusDetail: String? {
        let rooms = self.memory.encrypted.filter { self.memory.rooms[$0] != nil }.sorted()
        guard let first = rooms.first else { return nil }
        let more = rooms.count == 1 ? "is encrypted" : "and \(rooms.count - 1) more are encrypted"
        return "\(first) \(more): not served; use rooms without encryption"
    }

    // MARK: Upgrades

    private mutating func followUpgrade(_ event: MatrixEvent, from old: String) {
        guard let new = event.content["replacement_room"]?.stringValue, new.hasPrefix("!"), new != old,
            self.memory.rooms[old]?.replacement == nil, self.memory.upgrades[old] == nil,
            self.memory.upgrades.count < 1_000
        else { return }
        self.memory.upgrades[old] = new
        self.joinTries[new] = 0
        if self.memory.rooms[new] != nil { return self.tellUpgrade(to: new) }
        self.log(.info, "\(old) goes on as \(new)")
        self.joinUpgrade(old, new, via: Self.server(of: event.sender), after: 0)
    }

    private mutating func joinUpgrade(_ old: String, _ new: String, via: String?, after wait: Int64) {
        self.act(.aside(.join(.upgrade(room: old, to: new), room: new, via: via), after: wait))
    }

    private mutating func receiveUpgrade(_ answer: MatrixAnswer, from old: String, to new: String) {
        if case .success = answer {
            self.joinTries[new] = nil
            return
        }
        let tries = (self.joinTries[new] ?? 0) + 1
        self.joinTries[new] = tries
        guard tries < Self.joinTryLimit else {
            // Invited later, the bot takes the conversations along all the same.
            self.joinTries[new] = nil
            let reason = Self.text(answer)
            return self.log(
                .warning, "\(old) goes on as \(new), which cannot be joined (\(reason)); invite the bot there")
        }
        self.joinUpgrade(old, new, via: nil, after: Self.joinDelay(answer, tries))
    }

    /// Once we are in the new room, before anything that was said there.
    mutating func tellUpgrade(to new: String) {
        guard let old = self.memory.upgrades.first(where: { $0.value == new })?.key else { return }
        self.memory.upgrades[old] = nil
        if let room = self.memory.rooms[old] {
            self.memory.rooms[old]?.replacement = new
            var heir = self.memory.rooms[new] ?? MatrixRoom()
            heir.inviter = heir.inviter ?? room.inviter
            heir.isDirect = heir.isDirect || room.isDirect
            self.memory.rooms[new] = heir
        }
        self.act(
            .deliver(
                InboundEvent(
                    id: "upgrade:\(old)", adapter: self.adapter,
                    kind: .roomRenamed(
                        from: RoomID(adapter: self.adapter, name: old), to: RoomID(adapter: self.adapter, name: new)))))
    }
}
