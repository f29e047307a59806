internal import Chat
internal import JSON
internal import Kit
internal import Logging

/// Following a room to the one that replaces it.
///
/// Both have to say so: the old room names the new one in its tombstone, and the new one was created to replace the old
/// one. A tombstone alone proves nothing: whoever has power in some room could hang it, with what is said there, onto
/// anybody's conversation. The new room can be read only from inside, so the bot joins it first, and leaves it again if it
/// was not created to replace the old one.
/// https://spec.matrix.org/v1.16/client-server-api/#room-upgrades
extension MatrixStateMachine {
    /// How many replacements of a room are looked at in ``followWindow``, with those of the rooms that it replaced:
    /// whoever makes a new room could replace it again at once, and each time costs a join and moves all conversations.
    private static let followLimit = 5
    /// In milliseconds.
    private static let followWindow: Int64 = 86_400_000

    /// Counts a replacement of a room; false, with a warning for the first one, if there were too many lately.
    private mutating func admitUpgrade(of old: String, to new: String) -> Bool {
        guard var room = self.memory.rooms[old] else { return false }
        if !(0..<Self.followWindow).contains(self.now.wall - room.followsSince) {
            room.follows = 0
            room.followsSince = self.now.wall
        }
        let isAdmitted = room.follows < Self.followLimit
        if room.follows == Self.followLimit {
            self.log(
                .warning,
                "\(old) was replaced by \(new), which the bot does not follow: \(Self.followLimit) replacements in a "
                    + "day are the most; invite the bot there, and begin anew")
        }
        room.follows = min(room.follows, Self.followLimit) + 1
        self.memory.rooms[old] = room
        return isAdmitted
    }

    mutating func followUpgrade(_ event: MatrixEvent, from old: String) {
        guard let new = event.content["replacement_room"]?.shortID, new.hasPrefix("!"), new != old,
            self.memory.rooms[old]?.replacement == nil, self.memory.upgrades[old] == nil,
            self.memory.upgrades.count < 1_000, self.admitUpgrade(of: old, to: new)
        else { return }
        self.memory.upgrades[old] = new
        self.batch?.replacements.insert(new)
        if self.memory.rooms[new] != nil {
            // The batch continues once it is known what the room was created for.
            if self.isDue(old, to: new) { self.batch?.due.insert(new) }
            return self.warnOfExposure(of: [old], in: new)
        }
        self.joinTries[new] = 0
        self.log(.info, "\(old) was replaced by \(new); joining it")
        self.follow(new)
        self.joinUpgrade(old, new, via: Self.server(of: event.sender), after: 0)
    }

    /// Notes that only an upgrade leads into a room, unless the bot was invited there too, or is there already: a first
    /// sync may bring both rooms at once.
    mutating func follow(_ new: String) {
        let isThere = self.batch?.rooms.contains(new) ?? false
        guard !isThere, self.memory.invitations[new]?.isAccepted != true else { return }
        self.memory.followed.insert(new)
    }

    mutating func joinUpgrade(_ old: String, _ new: String, via: String?, after wait: Int64) {
        self.act(.aside(.join(.upgrade(room: old, to: new), room: new, via: via), after: wait))
    }

    mutating func receiveUpgrade(_ answer: MatrixAnswer, from old: String, to new: String) {
        if case .success = answer {
            self.joinTries[new] = nil
            return
        }
        // The bot was in the room nevertheless, and has settled the upgrade.
        guard self.memory.upgrades[old] == new else { return }
        let tries = (self.joinTries[new] ?? 0) + 1
        self.joinTries[new] = tries
        guard tries < Self.joinTryLimit else {
            // The upgrade stays in memory, so a later invitation still moves the conversations.
            self.joinTries[new] = nil
            self.memory.followed.remove(new)
            let reason = Self.text(answer)
            return self.log(
                .warning, "\(old) was replaced by \(new), which the bot could not join: \(reason); invite the bot there"
            )
        }
        self.joinUpgrade(old, new, via: nil, after: Self.joinDelay(answer, tries))
    }

    // MARK: Encryption

    /// Whether what was encrypted would go on in clear text: a homeserver could have made the new room up.
    private func isExposed(_ old: String, in new: String) -> Bool {
        self.memory.encrypted.contains(old) && !self.memory.encrypted.contains(new)
    }

    /// Says what to do about upgrades to `new` that wait until it is encrypted.
    private mutating func warnOfExposure(of olds: [String], in new: String) {
        for old in olds where self.isExposed(old, in: new) {
            self.log(
                .warning,
                "\(old) is encrypted and \(new), which shall replace it, is not, so its conversations stay behind; enable "
                    + "encryption in \(new) before talking to the bot there, or begin anew there")
        }
    }

    // MARK: Creation

    /// Whether the bot is in a room that shall replace another one: what it was created for has to be known before any
    /// message from there is delivered. Where only the upgrade has led the bot there, also whether it may stay.
    func isDue(_ old: String, to new: String) -> Bool {
        self.memory.rooms[new] != nil && (self.memory.followed.contains(new) || !self.isExposed(old, in: new))
    }

    /// Looks at the upgrades to a room again: the bot is there now, or the room is encrypted now.
    mutating func reconsiderUpgrades(to new: String, isNew: Bool = false) {
        guard self.batch?.replacements.contains(new) == true else { return }
        let olds = self.memory.upgrades.filter { $0.value == new }.keys.sorted()
        if olds.contains(where: { self.isDue($0, to: new) }) { self.batch?.due.insert(new) }
        if isNew, !self.memory.followed.contains(new) { self.warnOfExposure(of: olds, in: new) }
    }

    mutating func receiveCreation(_ answer: MatrixAnswer, of new: String) {
        if case .success(let json) = answer {
            self.settleUpgrades(to: new, from: json["predecessor"]?["room_id"]?.stringValue)
        } else {
            guard let reason = self.lastingFailure(answer) else { return }
            self.log(.warning, "What \(new) was created for cannot be read: \(reason)")
            self.settleUpgrades(to: new, from: nil)
        }
        self.processBatch()
    }

    /// - Parameter predecessor: the room that `new` was created to replace.
    private mutating func settleUpgrades(to new: String, from predecessor: String?) {
        let olds = self.memory.upgrades.filter { $0.value == new }.keys.sorted()
        let isFollowed = self.memory.followed.remove(new) != nil
        self.batch?.due.remove(new)
        for old in olds {
            guard old == predecessor else {
                self.memory.upgrades[old] = nil
                self.log(
                    .warning,
                    "\(old) names \(new) as its replacement, but \(new) was not created to replace it, so the two stay "
                        + "apart")
                continue
            }
            // It waits until the new room is encrypted.
            if self.isExposed(old, in: new) { continue }
            self.memory.upgrades[old] = nil
            guard self.memory.rooms[new]?.isUsed != true else {
                self.log(
                    .warning,
                    "\(old) was replaced by \(new), but the bot has a conversation there already, so the two stay "
                        + "apart")
                continue
            }
            self.deliverUpgrade(from: old, to: new)
        }
        guard isFollowed else { return }
        // Its upgrade still waits if that room is encrypted.
        if let predecessor, olds.contains(predecessor) { return self.warnOfExposure(of: [predecessor], in: new) }
        self.abandon(new)
    }

    // MARK: Leaving again

    private mutating func abandon(_ room: String) {
        self.log(.warning, "Leaving \(room) again: the bot joined it only as a replacement, which it is not")
        self.memory.rooms[room] = nil
        self.batch?.drop(room)
        self.act(
            .aside(
                .abandon(room: room, reason: "This room was not created to replace the one that names it."), after: 0))
    }

    mutating func receiveAbandoning(_ answer: MatrixAnswer, of room: String) {
        if case .success = answer { return self.act(.aside(.forget(room: room), after: 0)) }
        self.log(.warning, "Could not leave \(room): \(Self.text(answer)); remove the bot there, or invite it")
    }

    private mutating func deliverUpgrade(from old: String, to new: String) {
        if let room = self.memory.rooms[old] {
            self.memory.rooms[old]?.replacement = new
            var heir = self.memory.rooms[new] ?? MatrixRoom()
            heir.inviter = heir.inviter ?? room.inviter
            heir.isDirect = heir.isDirect || room.isDirect
            if room.follows >= heir.follows {
                heir.follows = room.follows
                heir.followsSince = room.followsSince
            }
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
