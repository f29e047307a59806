internal import Database
internal import Logging
internal import Olm

/// Forgets what anybody can make the bot remember: whoever writes to its device need not share a room with it.
///
/// People in a room of the bot, and those whom it has verified, stay. The others are asked for again when they write,
/// and their devices make a new channel.
extension MatrixEncryption {
    /// People without a room of the bot that are remembered, the devices of all of them, and channels to devices that
    /// belong to nobody else; the longest silent go first.
    static let strangerLimit = 2_000
    private static let strangerDeviceLimit = 10_000
    /// How long they are remembered after they last wrote, in milliseconds.
    private static let strangerTime: Int64 = 30 * 86_400_000
    /// They are looked through after so many new people and channels, or after this time in milliseconds.
    private static let newcomerLimit = 200
    private static let tidyInterval: Int64 = 3_600_000
    /// Channels that are looked at each time.
    private static let channelStep = 10_000

    /// Keys of rooms that the bot or their sender is not in: they may come before either joins.
    static let strayKeyLimit = 2_000
    /// Keys of a room from one person: a new one usually comes after 100 messages or a week.
    static let senderKeyLimit = 10_000

    /// Notes that people have written.
    func hear(_ users: some Sequence<String>) {
        let now = self.clock()
        for user in users { self.people[user]?.heardAt = now }
    }

    /// Call it ``alone(_:)``.
    func forgetStrangers() async throws {
        let now = self.clock()
        guard self.account != nil,
            self.newcomers >= Self.newcomerLimit || now - self.tidiedAt >= Self.tidyInterval
        else { return }
        let channels = try await self.oldChannels(before: now - Self.strangerTime)
        let users = self.oldStrangers(before: now - Self.strangerTime)
        var changes = MatrixKeyChanges()
        changes.forgetOld(at: now)
        for channel in channels { changes.removeOlm(channel.id, peer: channel.peer) }
        for user in users { changes.removePerson(user) }
        try await self.commit(changes)
        for channel in channels {
            self.channels[channel.peer]?.removeAll { $0.id == channel.id }
            if self.channels[channel.peer]?.isEmpty == true { self.channels[channel.peer] = nil }
            self.doubtful.remove(channel.id)
        }
        for user in users {
            self.people[user] = nil
            self.generations[user] = nil
        }
        self.newcomers = 0
        self.tidiedAt = now
        guard !users.isEmpty || !channels.isEmpty else { return }
        self.logger.info(
            "Forgot \(users.count) people without a common room, and \(channels.count) channels to such devices")
    }

    private func oldStrangers(before time: Int64) -> [String] {
        let members = self.roommates
        let strangers = self.people.values
            .filter { $0.user != self.user && $0.verified == nil && !members.contains($0.user) }
            .sorted { ($1.heardAt, $0.user) < ($0.heardAt, $1.user) }
        var old: [String] = []
        var devices = 0
        for (index, person) in strangers.enumerated() {
            devices += max(person.devices.count, person.keys?.devices.count ?? 0)
            if index >= Self.strangerLimit || devices > Self.strangerDeviceLimit || person.heardAt < time {
                old.append(person.user)
            }
        }
        return old
    }

    /// Channels to devices of strangers, and to those that nobody has shown as theirs: the key that makes a channel may
    /// be made up.
    private func oldChannels(before time: Int64) async throws -> [(peer: String, id: String)] {
        let user = self.user
        return try await self.store.read { rows in
            let sql = """
                SELECT peer, id, abs(used_at) AS used FROM {olm_sessions} WHERE peer NOT IN (
                    SELECT curve25519 FROM {devices} WHERE "user" = $1 OR "user" IN (SELECT "user" FROM {members})
                        OR "user" IN (SELECT "user" FROM {users} WHERE verified IS NOT NULL)
                ) ORDER BY abs(used_at) DESC, id LIMIT \(Self.channelStep)
                """
            var old: [(peer: String, id: String)] = []
            for (index, row) in try rows.query(sql, SQLValue(user)).enumerated() {
                guard try row.int64("used") < time || index >= Self.strangerLimit else { continue }
                old.append((try row.text("peer"), try row.text("id")))
            }
            return old
        }
    }

    // MARK: Room keys

    /// Anybody can send keys of rooms that do not exist, and of those that the bot is in. Where there are too many from
    /// people who are not in the room, all such keys are forgotten, and the new one is not refused: otherwise a flood
    /// would keep out the key of the room to which the bot is invited next.
    func makeRoom(for key: MatrixRoomKey, _ changes: inout MatrixKeyChanges) async throws {
        if let room = self.rooms[key.room], !room.knowsMembers || room.members[key.sender ?? ""] != nil {
            return try await self.makeRoom(of: key, &changes)
        }
        var count = if let known = self.strayKeys { known } else { try await self.countStrayKeys() }
        if count >= Self.strayKeyLimit {
            self.logger.info("Forgot the keys of rooms that the bot or their sender is not in: there were \(count)")
            changes.removeStrayKeys()
            self.roomKeys = [:]
            count = 0
        }
        self.strayKeys = count + 1
    }

    /// Likewise for a member's keys of a room. That a message was read stays known, so that nobody can repeat it when its
    /// key comes again.
    private func makeRoom(of key: MatrixRoomKey, _ changes: inout MatrixKeyChanges) async throws {
        guard let sender = key.sender else { return }
        if self.keyCounts[key.room] == nil { self.keyCounts[key.room] = try await self.countKeys(of: key.room) }
        var count = self.keyCounts[key.room]?[sender] ?? 0
        if count >= Self.senderKeyLimit {
            self.logger.info("Forgot the keys of \(sender) for \(key.room): there were \(count)")
            changes.removeRoomKeys(of: key.room, from: sender)
            self.roomKeys = [:]
            count = 0
        }
        self.keyCounts[key.room]?[sender] = count + 1
    }

    private func countKeys(of room: String) async throws -> [String: Int] {
        try await self.store.read { rows in
            let sql = """
                SELECT sender, count(*) AS count FROM {room_keys} WHERE room = $1 AND source = 'device' GROUP BY sender
                """
            var counts: [String: Int] = [:]
            for row in try rows.query(sql, SQLValue(room)) {
                if let sender = row["sender"].text { counts[sender] = try row.int("count") }
            }
            return counts
        }
    }

    private func countStrayKeys() async throws -> Int {
        try await self.store.read { rows in
            let sql = "SELECT count(*) AS count FROM {room_keys} WHERE \(MatrixKeyChanges.strayKeys)"
            return try rows.first(sql)?.int("count") ?? 0
        }
    }
}
